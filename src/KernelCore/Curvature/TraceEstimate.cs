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
        var moments = new Scoring.Moments();
        foreach (double value in values)
        {
            moments.Add(value);
        }

        int n = values.Length;
        return new TraceEstimate(offset + moments.Mean, Math.Sqrt(moments.M2 / (n - 1) / n), products);
    }
}
