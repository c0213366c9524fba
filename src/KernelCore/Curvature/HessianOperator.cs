using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>The Hessian of an objective, exactly, by the R-operator (Pearlmutter, Neural Computation 6, 1994). Indefinite in general.</summary>
/// <param name="objective">The objective; stays the caller's.</param>
public sealed class HessianOperator(Objective objective) : CurvatureOperator(objective)
{
    private protected override void Add(ILinearization point, ParameterVector x, float beta, ParameterVector y) => point.HessianProduct(x, beta, y);
}
