using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>
/// The empirical Fisher matrix sum_i g_i g_i^T of the samples' gradients at their given labels. Not an approximation of the
/// Hessian away from a good fit (Kunstner, Balles, Hennig, arXiv 1905.12558).
/// </summary>
/// <remarks>A product is two reductions of the captures of one backward pass: all g_i.x, then sum_i (g_i.x) g_i.</remarks>
/// <param name="objective">The objective; stays the caller's.</param>
public sealed class EmpiricalFisherOperator(Objective objective) : CurvatureOperator(objective)
{
    private readonly Dictionary<int, PerSampleScalar> _dots = [];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        foreach (PerSampleScalar dots in _dots.Values)
        {
            dots.Dispose();
        }

        _dots.Clear();
    }

    private protected override void Add(ILinearization point, ParameterVector x, float beta, ParameterVector y)
    {
        CaptureSet captures = point.Captures;
        if (!_dots.TryGetValue(captures.Batch, out PerSampleScalar? dots))
        {
            _dots.Add(captures.Batch, dots = new PerSampleScalar(Device, x.Layout.Parameters.Count, captures.Batch));
        }

        captures.Dots(x, dots, dots.Total);
        Objective.Rescale(dots.Total);
        captures.WeightedSum(dots.Total, beta, y);
    }

    /// <summary>The coefficients of the sum are rescaled already: they are fewer.</summary>
    private protected override void Finish(Tensor sum) { }
}
