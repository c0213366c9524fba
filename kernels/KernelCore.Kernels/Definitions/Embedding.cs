using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.Embedding"/>.</summary>
public static class Embedding
{
    /// <summary>y[t, :] = table[indices[t], :].</summary>
    public static void Forward<T>(ReadOnlySpan<int> indices, int width, ReadOnlySpan<T> table, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int t = 0; t < indices.Length; t++)
        {
            table.Slice(indices[t] * width, width).CopyTo(y[(t * width)..]);
        }
    }
}
