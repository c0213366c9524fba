using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>Chooses the cheapest exact formula for a per-sample squared norm, by flops.</summary>
/// <remarks>
/// Forming the p x d product of T positions costs 2Tpd per sample; the two T x T Gram matrices cost T^2 (p + d) by
/// symmetry, up to twice that while T is within a few blocks. The measured break-even is T = 0.7 pd / (p + d), between
/// the two; convolutions decide per group. With one position both collapse to rank one. The often quoted rule
/// 2T^2 &lt;= pd compares memory, which fused kernels do not need.
/// </remarks>
internal static class NormCost
{
    private const double BreakEven = 0.7;

    public static NormFormula Choose(ParameterUses parameter)
    {
        LayerCapture use = parameter.Captures[0];
        if (parameter.Captures.Length > 1 || parameter.Role == ParameterRole.Bias)
        {
            return NormFormula.Direct;
        }

        return use.Kind switch
        {
            CaptureKind.Linear when use.Positions == 1 => NormFormula.RankOne,
            CaptureKind.Linear => GramOrDirect(use.Positions, use.WeightRows, use.WeightColumns),
            CaptureKind.Convolution => GramOrDirect(use.Positions, use.Geometry!.OutChannelsPerGroup, use.Geometry.PatchSize),
            _ => NormFormula.Direct,
        };
    }

    private static NormFormula GramOrDirect(long positions, long rows, long columns) =>
        positions * (rows + columns) < BreakEven * rows * columns ? NormFormula.Gram : NormFormula.Direct;
}
