using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Hutch++: the trace on a sketched dominant space exactly, Hutchinson's estimate on the rest.</summary>
/// <remarks>
/// Meyer, Musco, Musco, Woodruff, "Hutch++: optimal stochastic trace estimation" (arXiv 2010.09649): error O(1/m) against
/// Hutchinson's O(1/sqrt(m)) for positive semidefinite A. Unbiased; deterministic by seed. Keeps 2m/3 vectors.
/// </remarks>
public static class HutchPlusPlus
{
    /// <summary>Estimates tr A.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="products">m, at least 3: a third each for the sketch, the dominant space and the rest.</param>
    /// <param name="seed">Of the signs.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static TraceEstimate Trace(ILinearOperator a, int products, ulong seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfLessThan(products, 3);
        int size = Math.Min(products / 3, a.Dimension), probes = products / 3;
        ProbeSource source = Probes.Rademacher(seed);
        using var sketch = new Sketch("Hutch++", a, size, source, cancellation);
        using var work = new Workspace(a.Device, a.Dimension, vectors: 2);
        double[,] h = sketch.Compress(a, work[0], cancellation);
        double dominant = Enumerable.Range(0, sketch.Basis.Count).Sum(i => h[i, i]);
        var rest = new double[probes];
        for (int k = 0; k < probes; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            source(size + k, work[0]);
            work[0].Orthogonalise(sketch.Basis, sketch.Basis.Count);
            a.Apply(work[0], work[1]);
            rest[k] = VectorAlgebra.RequireFinite(work[0].Dot(work[1]), "Hutch++", k + 1);
        }

        return TraceEstimate.Mean(rest, size + sketch.Basis.Count + probes, dominant);
    }
}
