using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.Embedding"/>.</summary>
public static class EmbeddingTangent
{
    /// <summary>ry[t, :] = rtable[indices[t], :], and 0 at the padding index.</summary>
    public static void Forward<T>(ReadOnlySpan<int> indices, int paddingIndex, int width, ReadOnlySpan<T> rtable, Span<T> ry)
        where T : IFloatingPointIeee754<T>
    {
        Embedding.Forward(indices, width, rtable, ry);
        for (int t = 0; t < indices.Length; t++)
        {
            if (indices[t] == paddingIndex)
            {
                ry.Slice(t * width, width).Clear();
            }
        }
    }
}
