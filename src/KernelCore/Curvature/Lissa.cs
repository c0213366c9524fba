using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Approximates (A + s d I)^-1 b by the recursion u = b + (1 - d) u - A u / s, whose result is u / s.</summary>
/// <remarks>
/// Agarwal, Bullins, Hazan, "Second-order stochastic optimization for machine learning in linear time" (2017), as used for
/// influence functions by Koh and Liang (arXiv 1703.04730). The damping inside the recursion acts on A / s, so the effective
/// damping is s d. A may be stochastic (another mini-batch in every product): nothing here assumes two products to agree.
/// </remarks>
public static class Lissa
{
    private const string Method = "LiSSA";

    /// <summary>For a fixed A and a fitting scale no update exceeds b; the slack is for the noise of mini-batches.</summary>
    private const double Growth = 10;

    /// <summary>Approximates (A + s d I)^-1 b.</summary>
    /// <param name="a">A, symmetric with eigenvalues between -s d and s (2 - d).</param>
    /// <param name="b">[n].</param>
    /// <param name="x">[n], overwritten with the result.</param>
    /// <param name="options">Scale, damping, depth.</param>
    /// <param name="progress">Told the relative size of every update.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>
    /// The relative residual is that of the damped equation at the last product. <see cref="SolverStatus.Diverged"/> when an
    /// update exceeds ten times b: the scale is too small or the damping below a negative eigenvalue.
    /// </returns>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static SolverResult Solve(
        ILinearOperator a, Tensor b, Tensor x, LissaOptions? options = null,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        a.RequireVector(b, nameof(b));
        a.RequireVector(x, nameof(x));
        options ??= new LissaOptions();
        options.Validate();
        double norm = VectorAlgebra.RequireFinite(b.Norm(), Method, 0), update = norm;
        using var work = new Workspace(a.Device, a.Dimension, vectors: 1);
        Tensor step = work[0];
        x.Assign(b);
        SolverStatus status = norm == 0 ? SolverStatus.Converged : SolverStatus.IterationLimit;
        int iteration = 0;
        while (status == SolverStatus.IterationLimit && iteration < options.MaxIterations)
        {
            cancellation.ThrowIfCancellationRequested();

            // The update b - d u - A u / s is also the residual of the damped equation for x = u / s.
            a.Apply(x, step);
            iteration++;
            step.Scale(-1 / options.Scale);
            step.Add(-options.Damping, x);
            step.Add(1, b);
            x.Add(1, step);
            update = VectorAlgebra.RequireFinite(step.Norm(), Method, iteration);
            double relative = update / VectorAlgebra.RequireFinite(x.Norm(), Method, iteration);
            progress?.Report(new IterationProgress(iteration, options.MaxIterations, relative));
            status = relative <= options.Tolerance ? SolverStatus.Converged
                : update > Growth * norm ? SolverStatus.Diverged
                : SolverStatus.IterationLimit;
        }

        x.Scale(1 / options.Scale);
        return new SolverResult(status, iteration, norm == 0 ? 0 : update / norm);
    }
}
