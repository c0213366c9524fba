using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.AveragePool"/>.</summary>
public static class AveragePool
{
    /// <summary>y = sum over the window / (kernel height x kernel width), padding counted as zeros.</summary>
    public static void Forward<T>(PoolGeometry geometry, int planes, ReadOnlySpan<T> x, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        y.Clear();
        foreach ((int output, int input) in Pairs(geometry, planes))
        {
            y[output] += x[input];
        }

        T size = T.CreateChecked(geometry.KernelHeight * geometry.KernelWidth);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] /= size;
        }
    }

    /// <summary>gx = sum over the windows that hold the element of gy / (kernel height x kernel width).</summary>
    public static void Gradient<T>(PoolGeometry geometry, int planes, ReadOnlySpan<T> gy, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        T size = T.CreateChecked(geometry.KernelHeight * geometry.KernelWidth);
        gx.Clear();
        foreach ((int output, int input) in Pairs(geometry, planes))
        {
            gx[input] += gy[output] / size;
        }
    }

    /// <summary>All (output, input) pairs that a window connects, in row-major order of outputs and of each window.</summary>
    private static IEnumerable<(int Output, int Input)> Pairs(PoolGeometry g, int planes)
    {
        for (int output = 0; output < planes * g.OutHeight * g.OutWidth; output++)
        {
            int plane = output / (g.OutHeight * g.OutWidth), row = output / g.OutWidth % g.OutHeight, column = output % g.OutWidth;
            for (int i = 0; i < g.KernelHeight; i++)
            {
                for (int j = 0; j < g.KernelWidth; j++)
                {
                    int h = (row * g.StrideHeight) - g.PadHeight + i, w = (column * g.StrideWidth) - g.PadWidth + j;
                    if (h >= 0 && h < g.Height && w >= 0 && w < g.Width)
                    {
                        yield return (output, (((plane * g.Height) + h) * g.Width) + w);
                    }
                }
            }
        }
    }
}
