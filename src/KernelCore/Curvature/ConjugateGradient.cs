using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Solves A x = b for a positive definite A by preconditioned conjugate gradients.</summary>
/// <remarks>
/// Hestenes and Stiefel, "Methods of conjugate gradients for solving linear systems" (1952). Vectors float32, inner
/// products double; deterministic. A claimed convergence is checked with one more product and, if it fails, the iteration
/// restarts from the true residual until that stops helping.
/// </remarks>
public static class ConjugateGradient
{
    private const string Method = "conjugate gradient";

    /// <summary>Solves A x = b.</summary>
    /// <param name="a">A, symmetric positive definite.</param>
    /// <param name="b">[n].</param>
    /// <param name="x">[n], overwritten with the solution.</param>
    /// <param name="options">Tolerance, iterations, start.</param>
    /// <param name="preconditioner">An approximation of A^-1, symmetric positive definite; null for none.</param>
    /// <param name="progress">Told the relative residual after every iteration.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static SolverResult Solve(
        ILinearOperator a, Tensor b, Tensor x, KrylovOptions? options = null, ILinearOperator? preconditioner = null,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        a.RequireVector(b, nameof(b));
        a.RequireVector(x, nameof(x));
        KrylovOptions settings = options ?? new KrylovOptions();
        settings.Validate(a);
        using var work = new Workspace(a.Device, a.Dimension, preconditioner is null ? 3 : 4);
        Tensor r = work[0], p = work[1], product = work[2], z = preconditioner is null ? r : work[3];
        return Refinement.Solve(Method, a, b, x, settings, r, Sweep);

        SolverStatus Sweep(double residual, double norm, ref int iteration)
        {
            preconditioner?.Apply(r, z);
            double rz = VectorAlgebra.RequireFinite(r.Dot(z), Method, iteration);
            p.Assign(z);
            while (residual > settings.Tolerance * norm)
            {
                cancellation.ThrowIfCancellationRequested();
                if (iteration == settings.MaxIterations)
                {
                    return SolverStatus.IterationLimit;
                }

                a.Apply(p, product);
                iteration++;
                double curvature = VectorAlgebra.RequireFinite(p.Dot(product), Method, iteration);
                if (curvature <= 0)
                {
                    return SolverStatus.NonPositiveCurvature;
                }

                double step = rz / curvature;
                x.Add(step, p);
                r.Add(-step, product);
                residual = VectorAlgebra.RequireFinite(r.Norm(), Method, iteration);
                progress?.Report(new IterationProgress(iteration, settings.MaxIterations, residual / norm));
                preconditioner?.Apply(r, z);
                double previous = rz;
                rz = VectorAlgebra.RequireFinite(r.Dot(z), Method, iteration);
                p.Scale(rz / previous);
                p.Add(1, z);
            }

            return SolverStatus.Converged;
        }
    }
}
