using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.ScaleShift"/>.</summary>
public static class ScaleShiftTangent
{
    /// <summary>ry = gamma_c rx + rgamma_c x + rbeta_c; an empty rx, rgamma or rbeta stands for zeros.</summary>
    public static void Forward<T>(
        ChannelLayout layout, ReadOnlySpan<T> x, ReadOnlySpan<T> rx, ReadOnlySpan<T> gamma, ReadOnlySpan<T> rgamma, ReadOnlySpan<T> rbeta, Span<T> ry)
        where T : IFloatingPointIeee754<T>
    {
        for (int k = 0; k < layout.Count; k++)
        {
            int c = k / layout.Inner % layout.Channels;
            ry[k] = (rx.IsEmpty ? T.Zero : gamma[c] * rx[k]) + (rgamma.IsEmpty ? T.Zero : rgamma[c] * x[k]) + (rbeta.IsEmpty ? T.Zero : rbeta[c]);
        }
    }
}
