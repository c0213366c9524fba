using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>XTrace: every probe serves both the sketch of the others and the estimate of what that sketch leaves out.</summary>
/// <remarks>
/// <para>Epperly, Tropp, Webber, "XTrace: making the most of every sample in stochastic trace estimation" (arXiv 2301.07825),
/// for symmetric A. With Y = A W = Q R and s_i the unit vector orthogonal to all columns of R but column i, leaving probe i
/// out projects onto Q (I - s_i s_i^T) Q^T, and with H = Q^T A Q, v = Q^T w_i, u = (I - s_i s_i^T) v,</para>
/// <para>t_i = tr H - s_i^T H s_i + v^T r_i - 2 u^T r_i + u^T H u.</para>
/// <para>Unbiased (exact once the sketch spans A's range); deterministic by seed. Keeps m vectors; k^3 double flops.</para>
/// </remarks>
public static class XTrace
{
    /// <summary>Estimates tr A.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="products">m, at least 2: half for the sketch, half for its compression.</param>
    /// <param name="seed">Of the signs.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static TraceEstimate Trace(ILinearOperator a, int products, ulong seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfLessThan(products, 2);
        int k = Math.Min(products / 2, a.Dimension);
        using var sketch = new Sketch("XTrace", a, k, Probes.Rademacher(seed), cancellation);
        using var work = new Workspace(a.Device, a.Dimension, vectors: 1);
        double[,] h = sketch.Compress(a, work[0], cancellation);
        int rank = sketch.Basis.Count;
        double trace = Enumerable.Range(0, rank).Sum(i => h[i, i]);
        if (rank < k || k == a.Dimension)
        {
            // The sketch holds the whole range: nothing is left to estimate.
            return new TraceEstimate(trace, 0, k + rank);
        }

        double[,] s = NormalisedInverseTranspose(sketch.R);
        var estimates = new double[k];
        for (int i = 0; i < k; i++)
        {
            double[] si = Column(s, i), r = Column(sketch.R, i), v = [.. sketch.Basis.Select(q => q.Dot(sketch.Signs[i]))];
            double along = Dot(si, v);
            double[] u = [.. v.Zip(si, (x, y) => x - (along * y))];
            estimates[i] = -Quadratic(h, si) + Dot(v, r) - (2 * Dot(u, r)) + Quadratic(h, u);
        }

        return TraceEstimate.Mean(estimates, k + rank, trace);
    }

    /// <summary>The columns of R^-T, each scaled to norm 1, by forward substitution: column i starts at row i.</summary>
    private static double[,] NormalisedInverseTranspose(double[,] r)
    {
        int k = r.GetLength(0);
        var s = new double[k, k];
        for (int column = 0; column < k; column++)
        {
            double squares = 0;
            for (int i = column; i < k; i++)
            {
                double sum = i == column ? 1 : 0;
                for (int j = column; j < i; j++)
                {
                    sum -= r[j, i] * s[j, column];
                }

                s[i, column] = sum / r[i, i];
                squares += s[i, column] * s[i, column];
            }

            for (int i = column; i < k; i++)
            {
                s[i, column] /= Math.Sqrt(squares);
            }
        }

        return s;
    }

    private static double[] Column(double[,] matrix, int column) => [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => matrix[i, column])];

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static double Quadratic(double[,] h, double[] x) =>
        Enumerable.Range(0, x.Length).Sum(i => x[i] * Enumerable.Range(0, x.Length).Sum(j => h[i, j] * x[j]));
}
