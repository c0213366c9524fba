using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.MaxPool"/>.</summary>
public static class MaxPoolTangent
{
    /// <summary>ry = rx at the maximum of each window.</summary>
    public static void Forward<T>(PoolGeometry geometry, int planes, ReadOnlySpan<int> argmax, ReadOnlySpan<T> rx, Span<T> ry)
        where T : IFloatingPointIeee754<T>
    {
        int outputs = geometry.OutHeight * geometry.OutWidth;
        for (int i = 0; i < planes * outputs; i++)
        {
            ry[i] = rx[(i / outputs * geometry.Height * geometry.Width) + argmax[i]];
        }
    }
}
