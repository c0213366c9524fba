namespace KernelCore.Scoring;

/// <summary>Area under the margin: AUM_i = mean over epochs of s_y - max over c != y of s_c, on raw logits.</summary>
/// <remarks>
/// Pleiss et al., arXiv 2001.10528. A low AUM marks a label that the rest of the data argues against. The cut-off comes
/// from threshold samples: a known set, about N / (C + 1) of them, trained under an extra class C + 1 to behave like
/// mislabelled samples; what lies below their 99th percentile is flagged. O(N) memory, sums in double. Not thread safe.
/// </remarks>
public sealed class AumAccumulator
{
    private readonly SampleMeans _margins;

    /// <summary>Creates an accumulator.</summary>
    /// <param name="samples">Training samples N.</param>
    public AumAccumulator(int samples) => _margins = new SampleMeans(samples);

    /// <summary>Takes in the margins of a batch.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="margins">Margin of each.</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<float> margins) => _margins.Observe(sampleIds, margins);

    /// <summary>AUM of each sample so far, by id; NaN for a sample never observed.</summary>
    public double[] Scores() => _margins.Scores();

    /// <summary>The AUM below which a sample is flagged: a percentile of the threshold samples.</summary>
    /// <param name="scores">AUM by id, from <see cref="Scores"/>.</param>
    /// <param name="thresholdSamples">Ids of the threshold samples.</param>
    /// <param name="fraction">Percentile as a fraction in [0, 1], linear between order statistics (NumPy's default).</param>
    /// <returns>The cut-off; NaN, which flags nothing, when there are no threshold samples or one of them is NaN.</returns>
    public static double Cutoff(ReadOnlySpan<double> scores, ReadOnlySpan<int> thresholdSamples, double fraction = 0.99)
    {
        if (!(fraction is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "a percentile as a fraction is in [0, 1]");
        }

        Observations.Check(thresholdSamples, thresholdSamples.Length, scores.Length, nameof(thresholdSamples));
        var sorted = new double[thresholdSamples.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            sorted[i] = scores[thresholdSamples[i]];
        }

        // NaN sorts first.
        Array.Sort(sorted);
        if (sorted.Length == 0 || double.IsNaN(sorted[0]))
        {
            return double.NaN;
        }

        double position = fraction * (sorted.Length - 1);
        int lower = (int)position;
        int upper = Math.Min(lower + 1, sorted.Length - 1);
        return double.Lerp(sorted[lower], sorted[upper], position - lower);
    }
}
