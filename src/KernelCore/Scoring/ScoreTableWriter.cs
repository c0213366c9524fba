using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Scoring;

/// <summary>Writes score tables as CSV or JSON, a record per sample.</summary>
/// <remarks>
/// Columns: <c>index</c>, <c>label</c>, then <c>true_label</c> and <c>noisy</c> (0 or 1) where the truth is known,
/// <c>prediction</c>, and the scores. Invariant culture; numbers read back as the same doubles; NaN and infinities are
/// <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c>, in JSON as strings.
/// </remarks>
public static class ScoreTableWriter
{
    /// <summary>Writes a file, complete or not at all.</summary>
    /// <param name="table">The scores.</param>
    /// <param name="path">Target, <c>.csv</c> or <c>.json</c>.</param>
    /// <param name="trueLabels">Labels before noise was injected, one per sample; default when unknown.</param>
    /// <exception cref="KernelCoreException">The path ends in neither, or cannot be written.</exception>
    public static void Save(ScoreTable table, string path, ImmutableArray<int> trueLabels = default)
    {
        CheckPath(path);
        bool json = path.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        AtomicFile.Write(path, stream =>
        {
            if (json)
            {
                WriteJson(table, stream, trueLabels);
            }
            else
            {
                WriteCsv(table, stream, trueLabels);
            }
        });
    }

    /// <summary>Refuses a path that <see cref="Save"/> would refuse for its ending.</summary>
    /// <param name="path">The target.</param>
    /// <exception cref="KernelCoreException">It ends neither in <c>.csv</c> nor in <c>.json</c>.</exception>
    public static void CheckPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Path.GetExtension(path).ToLowerInvariant() is not (".csv" or ".json"))
        {
            throw new KernelCoreException($"scores are written as FILE.csv or FILE.json, got '{path}'");
        }
    }

    /// <summary>Writes CSV with a header line, in UTF-8.</summary>
    /// <inheritdoc cref="Save" path="/param"/>
    /// <param name="stream">Receives the text; stays open.</param>
    public static void WriteCsv(ScoreTable table, Stream stream, ImmutableArray<int> trueLabels = default)
    {
        Check(table, trueLabels);
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.Write(trueLabels.IsDefault ? "index,label,prediction" : "index,label,true_label,noisy,prediction");
        foreach (ScoreColumn column in table.Columns)
        {
            writer.Write($",{column.Name}");
        }

        writer.WriteLine();
        for (int i = 0; i < table.Count; i++)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{i},{table.Labels[i]},"));
            if (!trueLabels.IsDefault)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{trueLabels[i]},{(trueLabels[i] == table.Labels[i] ? 0 : 1)},"));
            }

            writer.Write(table.Predictions[i].ToString(CultureInfo.InvariantCulture));
            foreach (ScoreColumn column in table.Columns)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $",{column.Values[i]}"));
            }

            writer.WriteLine();
        }
    }

    /// <summary>Writes a JSON array with an object per sample.</summary>
    /// <inheritdoc cref="WriteCsv" path="/param"/>
    public static void WriteJson(ScoreTable table, Stream stream, ImmutableArray<int> trueLabels = default)
    {
        Check(table, trueLabels);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartArray();
        for (int i = 0; i < table.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("index", i);
            json.WriteNumber("label", table.Labels[i]);
            if (!trueLabels.IsDefault)
            {
                json.WriteNumber("true_label", trueLabels[i]);
                json.WriteNumber("noisy", trueLabels[i] == table.Labels[i] ? 0 : 1);
            }

            json.WriteNumber("prediction", table.Predictions[i]);
            foreach (ScoreColumn column in table.Columns)
            {
                WriteScore(json, column.Name, column.Values[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteScore(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void Check(ScoreTable table, ImmutableArray<int> trueLabels)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (!trueLabels.IsDefault && trueLabels.Length != table.Count)
        {
            throw new ArgumentException($"{table.Count} samples need as many true labels, got {trueLabels.Length}", nameof(trueLabels));
        }
    }
}
