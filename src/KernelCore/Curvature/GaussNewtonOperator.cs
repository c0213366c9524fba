using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>
/// The generalised Gauss-Newton matrix sum_i J_i^T (d2loss_i/doutputs2) J_i of an objective (Schraudolph, Neural Computation
/// 14, 2002): positive semi-definite for losses that are convex in the outputs. For softmax cross-entropy it is the Fisher
/// matrix under the model's own labels; not the empirical one.
/// </summary>
/// <param name="objective">The objective; stays the caller's.</param>
public sealed class GaussNewtonOperator(Objective objective) : CurvatureOperator(objective)
{
    private protected override void Add(ILinearization point, ParameterVector x, float beta, ParameterVector y) => point.GaussNewtonProduct(x, beta, y);
}
