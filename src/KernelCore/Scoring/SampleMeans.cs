namespace KernelCore.Scoring;

/// <summary>Mean of a per-sample quantity over its observations: loss, EL2N, GraNd, gamma averaged over epochs or runs.</summary>
/// <remarks>O(N) memory, sums in double in the order observed. A NaN observation makes its sample NaN. Not thread safe.</remarks>
public sealed class SampleMeans
{
    private readonly double[] _sums;
    private readonly int[] _counts;

    /// <summary>Creates an accumulator.</summary>
    /// <param name="samples">Samples N.</param>
    public SampleMeans(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        _sums = new double[samples];
        _counts = new int[samples];
    }

    /// <summary>Takes in a batch.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="values">Quantity of each.</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<float> values)
    {
        Observations.Check(sampleIds, values.Length, _sums.Length, nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            _sums[sampleIds[i]] += values[i];
            _counts[sampleIds[i]]++;
        }
    }

    /// <summary>Mean of each sample so far, by id; NaN for a sample never observed.</summary>
    public double[] Scores()
    {
        var means = new double[_sums.Length];
        for (int i = 0; i < means.Length; i++)
        {
            means[i] = _sums[i] / _counts[i];
        }

        return means;
    }
}
