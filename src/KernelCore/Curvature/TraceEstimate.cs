namespace KernelCore.Curvature;

/// <summary>An estimate of a trace.</summary>
/// <param name="Value">The estimate; unbiased.</param>
/// <param name="StandardError">Estimated standard deviation of the estimate; NaN with one probe.</param>
/// <param name="Products">Matrix-vector products spent.</param>
public readonly record struct TraceEstimate(double Value, double StandardError, int Products)
{
    /// <summary>The mean of values, with the standard error from their unbiased variance.</summary>
    internal static TraceEstimate Mean(ReadOnlySpan<double> values, int products, double offset = 0)
    {
        double[] all = values.ToArray();
        double mean = all.Average(), squares = all.Sum(v => (v - mean) * (v - mean));
        return new TraceEstimate(offset + mean, Math.Sqrt(squares / (all.Length - 1) / all.Length), products);
    }
}
