namespace KernelCore.Curvature;

/// <summary>How a solver ended.</summary>
public enum SolverStatus
{
    /// <summary>The residual met the tolerance.</summary>
    Converged,

    /// <summary>The iterations ran out; the result is the best iterate so far.</summary>
    IterationLimit,

    /// <summary>The residual stopped shrinking above the tolerance: float32 vectors resolve no more.</summary>
    Stagnated,

    /// <summary>A direction p with p^T A p at or below 0 was met: the matrix is not positive definite. The result is the iterate before it.</summary>
    NonPositiveCurvature,

    /// <summary>The equation has no solution; the result minimises the residual.</summary>
    LeastSquares,

    /// <summary>The iteration grows without bound; the result is meaningless.</summary>
    Diverged,
}

/// <summary>What a solver reports.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Iterations">Iterations done.</param>
/// <param name="RelativeResidual">||b - A x|| / ||b||; 0 when b is zero.</param>
public readonly record struct SolverResult(SolverStatus Status, int Iterations, double RelativeResidual)
{
    /// <summary>Whether the tolerance was met.</summary>
    public bool Converged => Status == SolverStatus.Converged;
}

/// <summary>Where a long computation stands.</summary>
/// <param name="Iteration">Iterations done.</param>
/// <param name="Total">The most there will be.</param>
/// <param name="Value">The method's own measure: a relative residual, a running estimate.</param>
public readonly record struct IterationProgress(int Iteration, int Total, double Value);
