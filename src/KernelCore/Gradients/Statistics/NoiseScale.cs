namespace KernelCore.Gradients;

/// <summary>Signal and noise of stochastic gradients: ||G||^2 of the full gradient G and tr Sigma of the per-sample gradients' covariance.</summary>
/// <remarks>McCandlish, Kaplan, Amodei, "An empirical model of large-batch training" (arXiv 1812.06162). Unbiased, so either may be negative.</remarks>
/// <param name="SquaredNorm">||G||^2.</param>
/// <param name="TraceCovariance">tr Sigma.</param>
public readonly record struct NoiseScale(double SquaredNorm, double TraceCovariance)
{
    /// <summary>B_simple = tr Sigma / ||G||^2: the batch size at which noise and signal are equal. NaN for 0 / 0.</summary>
    public double Simple => TraceCovariance / SquaredNorm;

    /// <summary>
    /// From mean gradients of two batch sizes b &lt; B: ||G||^2 = (B ||G_B||^2 - b ||G_b||^2) / (B - b) and
    /// tr Sigma = (||G_b||^2 - ||G_B||^2) / (1/b - 1/B).
    /// </summary>
    /// <param name="smallSquaredNorm">||G_b||^2, averaged over batches if there are several.</param>
    /// <param name="smallBatch">b, at least 1.</param>
    /// <param name="largeSquaredNorm">||G_B||^2.</param>
    /// <param name="largeBatch">B, above b.</param>
    public static NoiseScale FromBatchSizes(double smallSquaredNorm, int smallBatch, double largeSquaredNorm, int largeBatch)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smallBatch);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(largeBatch, smallBatch);
        double b = smallBatch, large = largeBatch;
        return new NoiseScale(
            ((large * largeSquaredNorm) - (b * smallSquaredNorm)) / (large - b),
            (smallSquaredNorm - largeSquaredNorm) / ((1 / b) - (1 / large)));
    }
}

/// <summary>Running noise scale of a training run: exponential averages of signal and noise, divided last.</summary>
/// <remarks>The ratio of averages, not the average of ratios, because a single step's signal may be near 0 or negative. Bias of the start is corrected.</remarks>
/// <param name="decay">Weight of the past, in [0, 1).</param>
public sealed class NoiseScaleAverage(double decay = 0.99)
{
    private readonly double _decay = decay is >= 0 and < 1 ? decay : throw new ArgumentOutOfRangeException(nameof(decay), $"the decay is in [0, 1), got {decay}");
    private double _signal, _noise, _weight;

    /// <summary>The averages; NaN before the first <see cref="Add"/>.</summary>
    public NoiseScale Current => new(_signal / _weight, _noise / _weight);

    /// <summary>Adds one step's estimate.</summary>
    public void Add(NoiseScale estimate)
    {
        _signal = (_decay * _signal) + ((1 - _decay) * estimate.SquaredNorm);
        _noise = (_decay * _noise) + ((1 - _decay) * estimate.TraceCovariance);
        _weight = (_decay * _weight) + (1 - _decay);
    }
}
