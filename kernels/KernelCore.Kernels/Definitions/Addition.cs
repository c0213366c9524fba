using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definitions of <see cref="ILayerKernels.Add"/> and <see cref="ILayerKernels.AddRow"/>.</summary>
public static class Addition
{
    /// <summary>y = a + b, b repeated over a's leading axes when it is shorter.</summary>
    public static void Forward<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < a.Length; i++)
        {
            y[i] = a[i] + b[i % b.Length];
        }
    }
}
