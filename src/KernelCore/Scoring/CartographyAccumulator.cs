namespace KernelCore.Scoring;

/// <summary>Dataset cartography: confidence, variability and correctness of each sample over the epochs.</summary>
/// <remarks>
/// Swayamdipta et al., arXiv 2009.10795. Low confidence with low variability is hard to learn and often mislabelled, high
/// variability is ambiguous, high confidence with low variability is easy. O(N) memory, Welford's update in double in the
/// order observed. A sample never observed is NaN. Not thread safe.
/// </remarks>
public sealed class CartographyAccumulator
{
    private readonly SampleDeviations _probabilities;
    private readonly int[] _correct;

    /// <summary>Creates an accumulator.</summary>
    /// <param name="samples">Training samples N.</param>
    public CartographyAccumulator(int samples)
    {
        _probabilities = new SampleDeviations(samples, width: 1);
        _correct = new int[samples];
    }

    /// <summary>Takes in a batch.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="probabilities">p_y, the probability of the given label, of each.</param>
    /// <param name="correct">Whether each was predicted as its given label.</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> correct)
    {
        Observations.Check(sampleIds, probabilities.Length, _correct.Length, nameof(probabilities));
        Observations.Check(sampleIds, correct.Length, _correct.Length, nameof(correct));
        for (int i = 0; i < sampleIds.Length; i++)
        {
            _probabilities.Observe(sampleIds[i], probabilities.Slice(i, 1));
            _correct[sampleIds[i]] += correct[i] ? 1 : 0;
        }
    }

    /// <summary>Mean of p_y over the epochs, by sample id.</summary>
    public double[] Confidence() => Each(i => _probabilities.Mean(i));

    /// <summary>Population standard deviation of p_y over the epochs, by sample id.</summary>
    public double[] Variability() => Each(i => _probabilities.Deviation(i));

    /// <summary>Fraction of the epochs at which the given label was predicted, by sample id.</summary>
    public double[] Correctness() => Each(i => (double)_correct[i] / _probabilities.Count(i));

    private double[] Each(Func<int, double> score)
    {
        var scores = new double[_correct.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] = score(i);
        }

        return scores;
    }
}
