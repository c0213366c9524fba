namespace KernelCore.Scoring;

/// <summary>Checks what per-sample accumulators are given, before they change anything.</summary>
internal static class Observations
{
    /// <summary>Throws unless there is a value for each id and every id is in [0, samples).</summary>
    /// <param name="sampleIds">Ids of a batch.</param>
    /// <param name="values">Number of values that came with them.</param>
    /// <param name="samples">Samples of the accumulator.</param>
    /// <param name="name">Argument that holds the values.</param>
    public static void Check(ReadOnlySpan<int> sampleIds, int values, int samples, string name)
    {
        if (values != sampleIds.Length)
        {
            throw new ArgumentException($"{sampleIds.Length} sample ids need as many values, got {values}", name);
        }

        foreach (int id in sampleIds)
        {
            if ((uint)id >= (uint)samples)
            {
                throw new ArgumentOutOfRangeException(nameof(sampleIds), id, $"sample ids are in [0, {samples})");
            }
        }
    }
}
