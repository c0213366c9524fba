using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Rows of equal length, one after another.</summary>
/// <param name="length">Elements of a row.</param>
/// <param name="aligned">Whether everything that is read or written along with a row starts at a multiple of 16 bytes.</param>
/// <param name="shares">Whether vectors that all rows share are among that: words of both then lie at the same places only where rows start with a word.</param>
internal readonly struct RowLayout(int length, bool aligned, bool shares = false)
{
    public readonly int Length = length;
    private readonly int _aligned = aligned ? 1 : 0, _shares = shares ? 1 : 0;

    /// <summary>First element of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Start(int row) => row * Length;

    /// <summary>A warp's way through a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowWalk<TWarp> Row<TWarp>(int row)
        where TWarp : struct, IWarp => Row<TWarp>(row, 0, Length);

    /// <summary>Its way through some columns of a row, the first of which is a multiple of 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public RowWalk<TWarp> Row<TWarp>(int row, int first, int count)
        where TWarp : struct, IWarp
    {
        int start = Start(row), before = -start & 3;
        bool inWords = _aligned != 0 & (_shares == 0 | before == 0);
        return new(start, first, count, inWords ? IntrinsicMath.Min(before, count) : count);
    }
}
