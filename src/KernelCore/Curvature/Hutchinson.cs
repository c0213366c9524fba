using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Hutchinson's estimators of the trace, mean v^T A v, and of the diagonal, mean v o A v, over random sign vectors v.</summary>
/// <remarks>
/// Hutchinson, "A stochastic estimator of the trace of the influence matrix" (1990); Bekas, Kokiopoulou, Saad, "An estimator for
/// the diagonal of a matrix" (2007). Variance of one probe: 2 sum over i != j of A_ij^2, so a diagonal matrix is exact.
/// Unbiased; deterministic by seed.
/// </remarks>
public static class Hutchinson
{
    /// <summary>Estimates tr A.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="probes">Products.</param>
    /// <param name="seed">Of the signs.</param>
    /// <param name="progress">Told the running mean after every product.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static TraceEstimate Trace(
        ILinearOperator a, int probes, ulong seed = 0, IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default) =>
        Trace(a, probes, Probes.Rademacher(seed), progress, cancellation);

    /// <summary>Estimates the diagonal of A.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="probes">Products.</param>
    /// <param name="diagonal">[n], overwritten.</param>
    /// <param name="seed">Of the signs.</param>
    /// <param name="progress">Told the trace of the running mean after every product.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static void Diagonal(
        ILinearOperator a, int probes, Tensor diagonal, ulong seed = 0,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        a.RequireVector(diagonal, nameof(diagonal));
        diagonal.Fill(0);
        Sample(a, probes, Probes.Rademacher(seed), progress, cancellation, (v, product) =>
        {
            a.Device.Kernels.Parameters.ScaleRows(v, product.Reshape([a.Dimension, 1]));
            diagonal.Add(1.0 / probes, product);
        });
    }

    internal static TraceEstimate Trace(
        ILinearOperator a, int probes, ProbeSource source, IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default) =>
        TraceEstimate.Mean(Sample(a, probes, source, progress, cancellation, null), probes);

    /// <summary>v^T A v of every probe, handing v and A v on.</summary>
    private static double[] Sample(
        ILinearOperator a, int probes, ProbeSource source, IProgress<IterationProgress>? progress, CancellationToken cancellation,
        Action<Tensor, Tensor>? use)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(probes);
        using var work = new Workspace(a.Device, a.Dimension, vectors: 2);
        var values = new double[probes];
        double sum = 0;
        for (int k = 0; k < probes; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            source(k, work[0]);
            a.Apply(work[0], work[1]);
            values[k] = VectorAlgebra.RequireFinite(work[0].Dot(work[1]), "Hutchinson", k + 1);
            sum += values[k];
            use?.Invoke(work[0], work[1]);
            progress?.Report(new IterationProgress(k + 1, probes, sum / (k + 1)));
        }

        return values;
    }
}
