using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Solves A x = b for a symmetric, possibly indefinite or singular A by the minimum residual method.</summary>
/// <remarks>
/// Paige and Saunders, "Solution of sparse indefinite systems of linear equations" (1975). Vectors float32, inner products
/// and rotations double; deterministic. A claimed convergence is checked with one more product and, if it fails, the
/// iteration restarts from the true residual until that stops helping.
/// </remarks>
public static class Minres
{
    private const string Method = "MINRES";

    /// <summary>Solves A x = b, or minimises ||b - A x|| where there is no solution.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="b">[n].</param>
    /// <param name="x">[n], overwritten with the solution.</param>
    /// <param name="options">Tolerance, iterations, start.</param>
    /// <param name="progress">Told the relative residual after every iteration.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static SolverResult Solve(
        ILinearOperator a, Tensor b, Tensor x, KrylovOptions? options = null,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        a.RequireVector(b, nameof(b));
        a.RequireVector(x, nameof(x));
        KrylovOptions settings = options ?? new KrylovOptions();
        settings.Validate(a);
        using var work = new Workspace(a.Device, a.Dimension, vectors: 6);
        return Refinement.Solve(Method, a, b, x, settings, work[0], Sweep);

        SolverStatus Sweep(double residual, double norm, ref int iteration)
        {
            // Lanczos vectors v and, because A V = V T with T = Q R, the directions w = V R^-1, three of each in turn.
            Tensor v = work[0], vOld = work[1], vNext = work[2], w = work[3], wOld = work[4], wNext = work[5];
            vOld.Fill(0);
            w.Fill(0);
            wOld.Fill(0);
            v.Scale(1 / residual);
            double beta = 0, eta = residual, spread = 0;
            (double c, double s, double cOld, double sOld) = (1, 0, 1, 0);
            while (Math.Abs(eta) > settings.Tolerance * norm)
            {
                cancellation.ThrowIfCancellationRequested();
                if (iteration == settings.MaxIterations)
                {
                    return SolverStatus.IterationLimit;
                }

                a.Apply(v, vNext);
                iteration++;
                double alpha = VectorAlgebra.RequireFinite(v.Dot(vNext), Method, iteration);
                vNext.Add(-alpha, v);
                vNext.Add(-beta, vOld);
                double betaNext = VectorAlgebra.RequireFinite(vNext.Norm(), Method, iteration);
                spread = Math.Max(spread, Math.Abs(alpha) + beta + betaNext);

                // Column of R from the new column of T: two old rotations, then the one that removes the subdiagonal.
                double diagonal = (c * alpha) - (cOld * s * beta);
                if (Math.Abs(diagonal) + Math.Abs(c * betaNext) <= settings.Tolerance * spread)
                {
                    // ||A r|| = |eta| ||(diagonal, c betaNext)|| vanishes although r does not.
                    return SolverStatus.LeastSquares;
                }

                double r1 = Math.Sqrt((diagonal * diagonal) + (betaNext * betaNext));
                double r2 = (s * alpha) + (cOld * c * beta);
                double r3 = sOld * beta;
                (cOld, sOld, c, s) = (c, s, diagonal / r1, betaNext / r1);
                wNext.Assign(v);
                wNext.Add(-r3, wOld);
                wNext.Add(-r2, w);
                wNext.Scale(1 / r1);
                x.Add(c * eta, wNext);
                eta *= -s;
                progress?.Report(new IterationProgress(iteration, settings.MaxIterations, Math.Abs(eta) / norm));

                vNext.Scale(betaNext > 0 ? 1 / betaNext : 0);
                beta = betaNext;
                (vOld, v, vNext) = (v, vNext, vOld);
                (wOld, w, wNext) = (w, wNext, wOld);
            }

            return SolverStatus.Converged;
        }
    }
}
