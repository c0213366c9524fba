using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Files;

/// <summary>An open safetensors file: named tensors, read one at a time, and string metadata.</summary>
/// <remarks>
/// Opening reads and checks the whole header, so a malformed file fails at once and a tensor of an open file can be
/// read; see <see href="https://github.com/huggingface/safetensors#format"/>. Tensor data is streamed on demand and
/// converted to the type asked for. Data is little-endian, as are all hosts KernelCore supports. Not thread safe.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 16;

    private readonly Stream _stream;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, TensorEntry> _byName;

    private SafetensorsFile(Stream stream, string name)
    {
        _stream = stream;
        Name = name;
        _header = SafetensorsHeader.Read(stream, name);
        _byName = _header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    private delegate void Converter<TStored, T>(ReadOnlySpan<TStored> source, Span<T> destination);

    /// <summary>Path or name given on opening, used in messages.</summary>
    public string Name { get; }

    /// <summary>The tensors, in the order of their data.</summary>
    public IReadOnlyList<TensorEntry> Tensors => _header.Tensors;

    /// <summary>The file's string metadata; empty when it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The entry of a tensor.</summary>
    /// <exception cref="InvalidModelFileException">The file has no tensor of that name.</exception>
    public TensorEntry this[string name] => _byName.TryGetValue(name, out TensorEntry? entry)
        ? entry
        : throw SafetensorsHeader.Invalid(Name, $"has no tensor {MessageText.Quote(name)}");

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidModelFileException">It cannot be read or is malformed; the message names it and says why.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw SafetensorsHeader.Invalid(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a file from a seekable stream, which from then on belongs to the result.</summary>
    /// <param name="stream">The file, from position 0 to its end. Disposed with the result, or at once on failure.</param>
    /// <param name="name">Name of the file in messages.</param>
    /// <exception cref="InvalidModelFileException">The file is malformed; the message names it and says why.</exception>
    public static SafetensorsFile Open(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            return new SafetensorsFile(stream, name);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file has a tensor of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Reads a tensor as float32. Wider types round to nearest even; values beyond the range become infinite.</summary>
    /// <exception cref="InvalidModelFileException">No such tensor, too large for one array, or the file cannot be read.</exception>
    public float[] ReadFloats(string name) => Read<float>(this[name]);

    /// <summary>Reads a tensor as float64: exact for every type but integers beyond 2^53, which round to nearest even.</summary>
    /// <exception cref="InvalidModelFileException">No such tensor, too large for one array, or the file cannot be read.</exception>
    public double[] ReadDoubles(string name) => Read<double>(this[name]);

    /// <summary>Reads an integer tensor, exactly.</summary>
    /// <exception cref="InvalidModelFileException">
    /// No such tensor, not of an integer type, too large for one array, or the file cannot be read.
    /// </exception>
    public long[] ReadInt64s(string name)
    {
        TensorEntry entry = this[name];
        return entry.Type.IsInteger()
            ? Read<long>(entry)
            : throw SafetensorsHeader.Invalid(Name, $"tensor {MessageText.Quote(name)} is {entry.Type}, expected integers (I64, I32 or U8)");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static void WidenBrainFloats<T>(ReadOnlySpan<ushort> source, Span<T> destination)
        where T : INumberBase<T>
    {
        for (int i = 0; i < source.Length; i++)
        {
            destination[i] = T.CreateTruncating(BitConverter.UInt32BitsToSingle((uint)source[i] << 16));
        }
    }

    private T[] Read<T>(TensorEntry entry)
        where T : unmanaged, INumberBase<T>
    {
        if (entry.Shape.Count > Array.MaxLength)
        {
            throw SafetensorsHeader.Invalid(Name, $"tensor {MessageText.Quote(entry.Name)} has {entry.Shape.Count} elements, more than one array holds");
        }

        var values = GC.AllocateUninitializedArray<T>((int)entry.Shape.Count);
        try
        {
            _stream.Position = _header.DataStart + entry.Offset;
            switch (entry.Type)
            {
                case ElementType.F32:
                    Read<float, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
                case ElementType.F64:
                    Read<double, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
                case ElementType.F16:
                    Read<Half, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
                case ElementType.BF16:
                    Read<ushort, T>(values, WidenBrainFloats);
                    break;
                case ElementType.I64:
                    Read<long, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
                case ElementType.I32:
                    Read<int, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
                case ElementType.U8:
                    Read<byte, T>(values, TensorPrimitives.ConvertTruncating);
                    break;
            }
        }
        catch (IOException error)
        {
            throw SafetensorsHeader.Invalid(Name, $"tensor {MessageText.Quote(entry.Name)} cannot be read: {error.Message}", error);
        }

        return values;
    }

    private void Read<TStored, T>(Span<T> destination, Converter<TStored, T> convert)
        where TStored : unmanaged
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (!destination.IsEmpty)
            {
                Span<TStored> chunk = MemoryMarshal.Cast<byte, TStored>(buffer.AsSpan(0, ChunkBytes));
                chunk = chunk[..Math.Min(chunk.Length, destination.Length)];
                _stream.ReadExactly(MemoryMarshal.AsBytes(chunk));
                convert(chunk, destination);
                destination = destination[chunk.Length..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
