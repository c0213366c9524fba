using System.Collections.Immutable;
using System.Globalization;
using KernelCore.Kernels;

namespace KernelCore.Scoring;

/// <summary>Reads the CSV that <see cref="ScoreTableWriter"/> writes.</summary>
public static class ScoreTableReader
{
    private const string Truth = "true_label", Noisy = "noisy";

    /// <summary>Reads a file.</summary>
    /// <param name="path">A CSV file.</param>
    /// <returns>The scores, and the true labels or default where the file has none.</returns>
    /// <exception cref="InvalidDataFileException">The file cannot be read or is no such table; the message names the line.</exception>
    public static (ScoreTable Scores, ImmutableArray<int> TrueLabels) ReadCsv(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Parse(path, File.ReadAllLines(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataFileException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    private static (ScoreTable Scores, ImmutableArray<int> TrueLabels) Parse(string path, string[] lines)
    {
        string[] header = lines.Length > 0 ? lines[0].Split(',') : [];
        bool hasTruth = header.Contains(Truth);
        string[] leading = hasTruth ? ["index", "label", Truth, Noisy, "prediction"] : ["index", "label", "prediction"];
        if (!header.AsSpan().StartsWith(leading))
        {
            throw new InvalidDataFileException($"{path}: not a score table: the header should begin with {string.Join(',', leading)}");
        }

        int count = lines.Length - 1;
        var labels = new int[count];
        var truth = new int[count];
        var predictions = new int[count];
        ScoreColumn[] columns = [.. header[leading.Length..].Select(name => new ScoreColumn(name, Definition(path, name), new double[count]))];
        for (int i = 0; i < count; i++)
        {
            string[] fields = lines[i + 1].Split(',');
            if (fields.Length != header.Length)
            {
                throw new InvalidDataFileException($"{path}: line {i + 2} has {fields.Length} fields, expected {header.Length}");
            }

            labels[i] = Number<int>(path, i, fields[1]);
            truth[i] = hasTruth ? Number<int>(path, i, fields[2]) : labels[i];
            predictions[i] = Number<int>(path, i, fields[leading.Length - 1]);
            for (int k = 0; k < columns.Length; k++)
            {
                columns[k].Values[i] = Number<double>(path, i, fields[leading.Length + k]);
            }
        }

        return (new ScoreTable([.. labels], [.. predictions], columns), hasTruth ? [.. truth] : default);
    }

    /// <summary>A column is a score, or a score of one parameter: <c>gwa:3.weight</c>.</summary>
    private static ScoreDefinition Definition(string path, string column) =>
        ScoreCatalogue.Find(column.Split(':')[0]) ?? throw new InvalidDataFileException($"{path}: unknown score '{column}'");

    private static T Number<T>(string path, int row, string field)
        where T : ISpanParsable<T> => T.TryParse(field, CultureInfo.InvariantCulture, out T? value)
        ? value
        : throw new InvalidDataFileException($"{path}: line {row + 2}: '{field}' is not a number");
}
