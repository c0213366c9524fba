using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>
/// Repeats a Krylov solver from the true residual: the residual of its recurrence drifts from the true one in float32,
/// so a claimed convergence is checked with a product, and the next sweep corrects what is left.
/// </summary>
internal static class Refinement
{
    /// <summary>One sweep: improves x until the residual of the recurrence meets the tolerance.</summary>
    /// <param name="residual">Norm of the true residual, which the residual vector holds.</param>
    /// <param name="norm">||b||.</param>
    /// <param name="iteration">Products done so far.</param>
    public delegate SolverStatus Sweep(double residual, double norm, ref int iteration);

    public static SolverResult Solve(string method, ILinearOperator a, Tensor b, Tensor x, KrylovOptions options, Tensor r, Sweep sweep)
    {
        double norm = VectorAlgebra.RequireFinite(b.Norm(), method, 0);
        if (norm == 0)
        {
            x.Fill(0);
            return new SolverResult(SolverStatus.Converged, 0, 0);
        }

        int iteration = 0;
        double target = options.Tolerance * norm, residual = Start(a, b, x, options.Start, r), before = double.PositiveInfinity;
        SolverStatus status = SolverStatus.Converged;
        while (VectorAlgebra.RequireFinite(residual, method, iteration) > target && status == SolverStatus.Converged)
        {
            if (residual > before / 2)
            {
                return new SolverResult(SolverStatus.Stagnated, iteration, residual / norm);
            }

            before = residual;
            status = sweep(residual, norm, ref iteration);
            residual = TrueResidual(a, b, x, r);
        }

        return new SolverResult(residual <= target ? SolverStatus.Converged : status, iteration, residual / norm);
    }

    private static double Start(ILinearOperator a, Tensor b, Tensor x, Tensor? start, Tensor r)
    {
        if (start is null)
        {
            x.Fill(0);
            r.Assign(b);
            return r.Norm();
        }

        // By way of r, because the start may be x itself.
        r.Assign(start);
        x.Assign(r);
        return TrueResidual(a, b, x, r);
    }

    private static double TrueResidual(ILinearOperator a, Tensor b, Tensor x, Tensor r)
    {
        a.Apply(x, r);
        r.Scale(-1);
        r.Add(1, b);
        return r.Norm();
    }
}
