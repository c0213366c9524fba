using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>What training with and without each sample changed: a row per training sample.</summary>
/// <param name="Labels">Labels that were learnt.</param>
/// <param name="Memorization">How much likelier the label is predicted by models trained on the sample (arXiv 2008.03703); NaN where all or none were.</param>
/// <param name="SelfInfluence">By how much training on the sample lowers its loss (arXiv 2506.20481).</param>
/// <param name="Margins">The two training samples that lower its loss most.</param>
public sealed record MemorizationTable(
    ImmutableArray<int> Labels, double[] Memorization, double[] SelfInfluence, InfluenceMargin[] Margins)
{
    /// <summary>From this on a sample counts as memorised (arXiv 2008.03703).</summary>
    public const double Threshold = 0.25;

    private const string Header = "index,label,memorization,self_influence,top1_margin,strongest,strongest_influence,second,second_influence";

    /// <summary>Samples in the table.</summary>
    public int Count => Labels.Length;

    /// <summary>The table of a finished study.</summary>
    /// <param name="labels">Labels of the training samples.</param>
    /// <param name="study">The study.</param>
    /// <param name="device">Where products run.</param>
    public static MemorizationTable Of(ImmutableArray<int> labels, SubsetStudyResult study, Device device)
    {
        ArgumentNullException.ThrowIfNull(study);
        return new MemorizationTable(
            labels, CounterfactualInfluence.Memorization(study.Masks, study.Train), CounterfactualInfluence.SelfInfluence(study.Masks, study.Train),
            InfluenceMargins.Compute(CounterfactualInfluence.OnLoss(study.Masks, study.Train, device)));
    }

    /// <summary>The samples with the highest memorisation, highest first, ties by index.</summary>
    /// <param name="count">At most so many; samples without a value take no part.</param>
    public int[] Most(int count) =>
        [.. Enumerable.Range(0, Count).Where(i => !double.IsNaN(Memorization[i])).OrderByDescending(i => Memorization[i]).Take(count)];

    /// <summary>Groups of samples that stand in for each other (<see cref="InfluenceMargins.NearDuplicates"/>).</summary>
    public IReadOnlyList<IReadOnlyList<int>> NearDuplicates() => InfluenceMargins.NearDuplicates(Margins);

    /// <summary>Writes the table as CSV; the file appears complete or not at all.</summary>
    /// <param name="path">Target.</param>
    /// <exception cref="KernelCoreException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var text = new StringBuilder(Header).Append('\n');
        for (int i = 0; i < Count; i++)
        {
            InfluenceMargin m = Margins[i];
            text.Append(
                CultureInfo.InvariantCulture,
                $"{i},{Labels[i]},{Memorization[i]:R},{SelfInfluence[i]:R},{m.Value:R},{m.First},{m.FirstValue:R},{m.Second},{m.SecondValue:R}\n");
        }

        AtomicFile.WriteText(path, text.ToString());
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">A CSV file.</param>
    /// <exception cref="InvalidDataFileException">The file cannot be read or is no such table; the message names the line.</exception>
    public static MemorizationTable Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            string[] lines = File.ReadAllLines(path);
            return lines.Length > 0 && lines[0] == Header
                ? Parse(path, lines.AsSpan(1))
                : throw new InvalidDataFileException($"{path}: not a memorisation table: the header should be {Header}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFileException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static MemorizationTable Parse(string path, ReadOnlySpan<string> lines)
    {
        var labels = new int[lines.Length];
        var table = new MemorizationTable(default, new double[lines.Length], new double[lines.Length], new InfluenceMargin[lines.Length]);
        for (int i = 0; i < lines.Length; i++)
        {
            string[] fields = lines[i].Split(',');
            if (fields.Length != 9 || !TryRow(fields, lines.Length, out labels[i], out table.Memorization[i], out table.SelfInfluence[i], out table.Margins[i]))
            {
                throw new InvalidDataFileException($"{path}: line {i + 2}: expected the numbers {Header}, got '{lines[i]}'");
            }
        }

        return table with { Labels = [.. labels] };
    }

    private static bool TryRow(
        string[] fields, int count, out int label, out double memorization, out double selfInfluence, out InfluenceMargin margin)
    {
        bool known = Try(fields[1], out label) & Try(fields[2], out memorization) & Try(fields[3], out selfInfluence);
        known &= Try(fields[5], out int first) & Try(fields[6], out float firstValue) & Try(fields[7], out int second) & Try(fields[8], out float secondValue);
        margin = new InfluenceMargin(first, firstValue, second, secondValue);
        return known && first >= -1 && first < count && second >= -1 && second < count;
    }

    private static bool Try<T>(string field, out T value)
        where T : struct, ISpanParsable<T> => T.TryParse(field, CultureInfo.InvariantCulture, out value);
}
