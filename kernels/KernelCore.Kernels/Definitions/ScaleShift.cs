using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.ScaleShift"/>.</summary>
public static class ScaleShift
{
    /// <summary>y[o, c, i] = gamma_c x[o, c, i] + beta_c; an empty gamma stands for ones, an empty beta for zeros.</summary>
    public static void Forward<T>(ChannelLayout layout, ReadOnlySpan<T> x, ReadOnlySpan<T> gamma, ReadOnlySpan<T> beta, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int k = 0; k < layout.Count; k++)
        {
            int c = k / layout.Inner % layout.Channels;
            y[k] = ((gamma.IsEmpty ? T.One : gamma[c]) * x[k]) + (beta.IsEmpty ? T.Zero : beta[c]);
        }
    }
}
