using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.MaxPool"/>.</summary>
public static class MaxPool
{
    /// <summary>The maximum of every window and its position in the plane; padding never wins.</summary>
    /// <remarks>As in PyTorch: the first of equal elements wins; with NaN in the window the result is NaN, at the last of them.</remarks>
    public static void Forward<T>(PoolGeometry geometry, int planes, ReadOnlySpan<T> x, Span<T> y, Span<int> argmax)
        where T : IFloatingPointIeee754<T>
    {
        PoolGeometry g = geometry;
        int output = 0;
        for (int plane = 0; plane < planes; plane++)
        {
            for (int row = 0; row < g.OutHeight; row++)
            {
                for (int column = 0; column < g.OutWidth; column++, output++)
                {
                    T max = T.NegativeInfinity;
                    int best = -1;
                    for (int i = 0; i < g.KernelHeight; i++)
                    {
                        for (int j = 0; j < g.KernelWidth; j++)
                        {
                            int h = (row * g.StrideHeight) - g.PadHeight + i, w = (column * g.StrideWidth) - g.PadWidth + j;
                            if (h < 0 || h >= g.Height || w < 0 || w >= g.Width)
                            {
                                continue;
                            }

                            T value = x[(((plane * g.Height) + h) * g.Width) + w];
                            if (best < 0 || value > max || T.IsNaN(value))
                            {
                                max = value;
                                best = (h * g.Width) + w;
                            }
                        }
                    }

                    y[output] = max;
                    argmax[output] = best;
                }
            }
        }
    }

    /// <summary>gx = sum of gy over the windows whose maximum lies at the element.</summary>
    public static void Gradient<T>(PoolGeometry geometry, int planes, ReadOnlySpan<int> argmax, ReadOnlySpan<T> gy, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        int outputs = geometry.OutHeight * geometry.OutWidth;
        gx.Clear();
        for (int i = 0; i < planes * outputs; i++)
        {
            gx[(i / outputs * geometry.Height * geometry.Width) + argmax[i]] += gy[i];
        }
    }
}
