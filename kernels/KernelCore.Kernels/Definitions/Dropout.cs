using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.Dropout"/>.</summary>
public static class Dropout
{
    /// <summary>y_i = x_i / (1 - rate) where Philox.Uniform(seed, stream, i) is at least the rate, else 0.</summary>
    public static void Forward<T>(ulong seed, ulong stream, float rate, ReadOnlySpan<T> x, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            bool keep = Philox.Uniform(seed, stream, (ulong)i) >= rate;
            y[i] = keep ? x[i] / (T.One - T.CreateChecked(rate)) : T.Zero;
        }
    }
}
