using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.Mean"/>.</summary>
public static class ChannelMean
{
    /// <summary>y[o, i] = mean over c of x[o, c, i].</summary>
    public static void Forward<T>(ChannelLayout layout, ReadOnlySpan<T> x, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int o = 0; o < layout.Outer; o++)
        {
            for (int i = 0; i < layout.Inner; i++)
            {
                T sum = T.Zero;
                for (int c = 0; c < layout.Channels; c++)
                {
                    sum += x[(((o * layout.Channels) + c) * layout.Inner) + i];
                }

                y[(o * layout.Inner) + i] = sum / T.CreateChecked(layout.Channels);
            }
        }
    }

    /// <summary>gx[o, c, i] = gy[o, i] / Channels.</summary>
    public static void Gradient<T>(ChannelLayout layout, ReadOnlySpan<T> gy, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        for (int k = 0; k < layout.Count; k++)
        {
            int o = k / (layout.Channels * layout.Inner), i = k % layout.Inner;
            gx[k] = gy[(o * layout.Inner) + i] / T.CreateChecked(layout.Channels);
        }
    }
}
