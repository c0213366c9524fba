using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where the matrices of a batch start: batches count (outer, inner) pairs, such as (sample, head) or (sample, group).</summary>
/// <param name="inner">Number of inner indices.</param>
/// <param name="outerStride">Elements between outer indices.</param>
/// <param name="innerStride">Elements between inner indices.</param>
internal readonly struct BatchLayout(int inner, int outerStride, int innerStride)
{
    private readonly Divisor _inner = new(inner);
    private readonly int _outerStride = outerStride, _innerStride = innerStride;

    /// <summary>Matrices back to back.</summary>
    public static BatchLayout Contiguous(int stride) => new(1, stride, 0);

    /// <summary>Whether all start at a multiple of 16 bytes where the first one does.</summary>
    public bool IsInWords => _outerStride % 4 == 0 && _innerStride % 4 == 0;

    /// <summary>First element of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Offset(int batch)
    {
        int outer = _inner.Quotient(batch);
        return (outer * _outerStride) + (_inner.Remainder(batch, outer) * _innerStride);
    }
}
