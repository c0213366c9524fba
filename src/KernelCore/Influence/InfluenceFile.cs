using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>Influence matrices as files, written as they are computed: <c>.safetensors</c> or <c>.csv</c>.</summary>
/// <remarks>
/// A safetensors file holds <c>influence</c>, [test, train] float32, and with top lists
/// <c>proponents.index</c>, <c>proponents.value</c>, <c>opponents.index</c> and <c>opponents.value</c>, [test, k], and
/// <c>train.helped.*</c> and <c>train.harmed.*</c>, [train, k]; missing places hold -1 and NaN. A CSV file has a header
/// <c>test,0,1,...</c> and a line per test sample. Files appear complete or not at all.
/// </remarks>
public static class InfluenceFile
{
    private const string Matrix = "influence";

    /// <summary>Refuses names that say no known format, before anything is computed.</summary>
    /// <exception cref="KernelCoreException">Neither <c>.safetensors</c> nor <c>.csv</c>.</exception>
    public static void CheckPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!IsCsv(path) && !path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            throw new KernelCoreException($"influences go to a .safetensors or .csv file, got '{path}'");
        }
    }

    /// <summary>Computes a matrix and writes it.</summary>
    /// <param name="path">Target; its extension says the format.</param>
    /// <param name="tiles">The matrix.</param>
    /// <param name="top">Top lists to fill on the way and, in safetensors, to store; null for none.</param>
    /// <param name="metadata">Metadata of a safetensors file; null for none.</param>
    /// <exception cref="KernelCoreException">The extension is unknown or the file cannot be written.</exception>
    public static void Save(
        string path, InfluenceTiles tiles, TopInfluences? top = null, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tiles);
        CheckPath(path);
        InfluenceTiles observed = top is null ? tiles : tiles.Tap(top.Observe);
        if (IsCsv(path))
        {
            AtomicFile.Write(path, stream => WriteCsv(stream, observed));
            return;
        }

        var writer = new SafetensorsWriter();
        foreach (var (key, value) in metadata ?? new Dictionary<string, string>())
        {
            writer.Metadata[key] = value;
        }

        // Tensors are written by increasing name, so the lists are complete when their turn comes.
        writer.Add(Matrix, [tiles.TestCount, tiles.TrainCount], ElementType.F32, stream => WriteRows(stream, observed));
        if (top is not null)
        {
            AddLists(writer, "proponents", tiles.TestCount, top.Count, top.Proponents);
            AddLists(writer, "opponents", tiles.TestCount, top.Count, top.Opponents);
            AddLists(writer, "train.harmed", tiles.TrainCount, top.Count, top.Harmed);
            AddLists(writer, "train.helped", tiles.TrainCount, top.Count, top.Helped);
        }

        writer.Save(path);
    }

    /// <summary>Reads a matrix that <see cref="Save"/> wrote as safetensors.</summary>
    /// <exception cref="InvalidModelFileException">The file cannot be read or holds no influence matrix.</exception>
    public static InfluenceMatrix Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Shape shape = file[Matrix].Shape;
        return shape.Rank == 2
            ? new InfluenceMatrix(shape[0], shape[1], file.ReadFloats(Matrix))
            : throw new InvalidModelFileException($"{path}: '{Matrix}' should be a matrix, the file has shape {shape}");
    }

    private static bool IsCsv(string path) => path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);

    private static void WriteRows(Stream stream, InfluenceTiles tiles)
    {
        foreach (InfluenceTile tile in tiles)
        {
            for (int row = 0; row < tile.TestCount; row++)
            {
                stream.Write(MemoryMarshal.AsBytes(tile.Row(row)));
            }
        }
    }

    private static void WriteCsv(Stream stream, InfluenceTiles tiles)
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 1 << 16, leaveOpen: true) { NewLine = "\n" };
        text.Write("test");
        for (int train = 0; train < tiles.TrainCount; train++)
        {
            text.Write(',');
            text.Write(train);
        }

        text.WriteLine();
        Span<char> number = stackalloc char[32];
        foreach (InfluenceTile tile in tiles)
        {
            for (int row = 0; row < tile.TestCount; row++)
            {
                text.Write(tile.TestStart + row);
                foreach (float value in tile.Row(row))
                {
                    text.Write(',');
                    value.TryFormat(number, out int length, "R", CultureInfo.InvariantCulture);
                    text.Write(number[..length]);
                }

                text.WriteLine();
            }
        }
    }

    private static void AddLists(
        SafetensorsWriter writer, string name, int samples, int count, Func<int, IReadOnlyList<RankedInfluence>> list)
    {
        writer.Add($"{name}.index", [samples, count], ElementType.I32, stream => Write(stream, samples, count, -1, list, r => r.Index));
        writer.Add($"{name}.value", [samples, count], ElementType.F32, stream => Write(stream, samples, count, float.NaN, list, r => r.Value));
    }

    private static void Write<T>(
        Stream stream, int samples, int count, T missing, Func<int, IReadOnlyList<RankedInfluence>> list, Func<RankedInfluence, T> select)
        where T : unmanaged
    {
        var line = new T[count];
        for (int i = 0; i < samples; i++)
        {
            IReadOnlyList<RankedInfluence> ranked = list(i);
            for (int k = 0; k < count; k++)
            {
                line[k] = k < ranked.Count ? select(ranked[k]) : missing;
            }

            stream.Write(MemoryMarshal.AsBytes(line.AsSpan()));
        }
    }
}
