using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where the matrices of a batch start: batches count (outer, inner) pairs, such as (sample, head) or (sample, group).</summary>
/// <param name="inner">Number of inner indices.</param>
/// <param name="outerStride">Elements between outer indices.</param>
/// <param name="innerStride">Elements between inner indices.</param>
internal readonly struct BatchLayout(int inner, int outerStride, int innerStride)
{
    public readonly int Inner = inner, OuterStride = outerStride, InnerStride = innerStride;

    /// <summary>Matrices back to back.</summary>
    public static BatchLayout Contiguous(int stride) => new(1, stride, 0);

    /// <summary>First element of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Offset(int batch) => (batch / Inner * OuterStride) + (batch % Inner * InnerStride);
}
