using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>The eigenpairs of largest |lambda| one after the other, by power iteration orthogonal to those found before.</summary>
/// <remarks>
/// Needs memory for the results and one vector more, where <see cref="Lanczos"/> keeps all its steps; converges as the ratio
/// of neighbouring |lambda|, and not at all for a pair of eigenvalues of equal size and opposite sign (the residual says
/// so). Deterministic.
/// </remarks>
public static class PowerIteration
{
    /// <summary>Finds eigenpairs, by decreasing |lambda|; the caller disposes them.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="pairs">How many; no more than n are found.</param>
    /// <param name="maxIterations">Products per pair at most.</param>
    /// <param name="tolerance">Stop when ||A q - lambda q|| is at most this times |lambda|.</param>
    /// <param name="seed">Of the standard normal start vectors.</param>
    /// <param name="progress">Told the Rayleigh quotient after every product.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static EigenPairs Run(
        ILinearOperator a, int pairs, int maxIterations = 100, double tolerance = 1e-3, ulong seed = 0,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pairs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxIterations);
        ArgumentOutOfRangeException.ThrowIfNegative(tolerance);
        pairs = Math.Min(pairs, a.Dimension);
        Tensor vectors = a.Device.Allocate([pairs, a.Dimension]);
        try
        {
            using var work = new Workspace(a.Device, a.Dimension, vectors: 2);
            ProbeSource start = Probes.Normal(seed);
            Tensor[] q = vectors.Rows();
            var values = new double[pairs];
            var residuals = new double[pairs];
            for (int k = 0; k < pairs; k++)
            {
                start(k, q[k]);
                Normalise(q, k);
                (values[k], residuals[k]) = Iterate(k, q, values, work[0], work[1]);
            }

            return new EigenPairs(values, residuals, vectors);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }

        (double Value, double Residual) Iterate(int k, Tensor[] q, double[] values, Tensor product, Tensor error)
        {
            for (int iteration = 1; ; iteration++)
            {
                cancellation.ThrowIfCancellationRequested();
                a.Apply(q[k], product);
                double value = VectorAlgebra.RequireFinite(q[k].Dot(product), "power iteration", iteration);
                progress?.Report(new IterationProgress((k * maxIterations) + iteration, pairs * maxIterations, value));
                error.Assign(product);
                error.Add(-value, q[k]);
                double residual = error.Norm();

                // Convergence is that of the deflated problem: the error of earlier vectors is not this one's to mend.
                error.Orthogonalise(q, k);
                product.Orthogonalise(q, k);
                bool nothingLeft = product.Norm() <= VectorAlgebra.UnitRoundoff * Math.Abs(values[0]);
                if (nothingLeft || error.Norm() <= tolerance * Math.Abs(value) || iteration == maxIterations)
                {
                    return (value, residual);
                }

                q[k].Assign(product);
                Normalise(q, k);
            }
        }
    }

    /// <summary>Makes vector k orthogonal to those before it and of norm 1.</summary>
    private static void Normalise(Tensor[] q, int k)
    {
        q[k].Orthogonalise(q, k);
        q[k].Scale(1 / q[k].Norm());
    }
}
