using System.Globalization;
using KernelCore.Files;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>The strongest proponents and opponents of each test sample, from an influence file.</summary>
/// <param name="Metadata">What the file says about itself: <c>method</c>, <c>test</c>, <c>test_start</c>, ...</param>
/// <param name="TrainCount">Training samples.</param>
/// <param name="Proponents">For each test sample of the file, largest influence first.</param>
/// <param name="Opponents">For each test sample of the file, smallest influence first.</param>
public sealed record InfluenceLists(
    IReadOnlyDictionary<string, string> Metadata, int TrainCount, IReadOnlyList<IReadOnlyList<RankedInfluence>> Proponents,
    IReadOnlyList<IReadOnlyList<RankedInfluence>> Opponents)
{
    /// <summary>Number of the first test sample in its data set.</summary>
    public int TestStart => int.TryParse(Metadata.GetValueOrDefault("test_start"), NumberStyles.None, CultureInfo.InvariantCulture, out int start) ? start : 0;

    /// <summary>Reads the lists of a file, not its matrix.</summary>
    /// <param name="path">A safetensors file that <see cref="InfluenceFile.Save"/> wrote with top lists.</param>
    /// <exception cref="InvalidModelFileException">The file cannot be read or has no such lists.</exception>
    public static InfluenceLists Load(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Shape matrix = file["influence"].Shape;
        if (matrix.Rank != 2)
        {
            throw new InvalidModelFileException($"{path}: 'influence' should be a matrix, the file has shape {matrix}");
        }

        return new InfluenceLists(file.Metadata, matrix[1], Read(file, "proponents", matrix), Read(file, "opponents", matrix));
    }

    private static List<IReadOnlyList<RankedInfluence>> Read(SafetensorsFile file, string name, Shape matrix)
    {
        Shape shape = file[$"{name}.index"].Shape;
        long[] indices = file.ReadInt64s($"{name}.index");
        float[] values = file.ReadFloats($"{name}.value");
        if (shape.Rank != 2 || shape[0] != matrix[0] || values.Length != indices.Length || indices.Any(i => i < -1 || i >= matrix[1]))
        {
            throw new InvalidModelFileException($"{file.Name}: '{name}' does not fit an influence matrix of shape {matrix}");
        }

        int length = shape[1];
        return [.. Enumerable.Range(0, shape[0]).Select(t => (IReadOnlyList<RankedInfluence>)
        [
            .. Enumerable.Range(t * length, length).Where(k => indices[k] >= 0).Select(k => new RankedInfluence((int)indices[k], values[k])),
        ])];
    }
}
