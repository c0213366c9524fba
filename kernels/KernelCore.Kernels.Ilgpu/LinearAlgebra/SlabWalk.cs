using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Which elements of a slab the calling thread brings to shared memory: words of four, one after the other. They are neighbours
/// where the operand has them next to one another in memory: terms of a row, or rows.
/// </summary>
internal struct SlabWalk
{
    /// <summary>Row of the tile that the word starts in; for the right operand, column.</summary>
    public int Row;

    /// <summary>Term of the slab that it starts with.</summary>
    public int Term;

    private int _rowStep, _termStep, _pairStep;

    /// <summary>How many words there are.</summary>
    public static int Length<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.Slab * Extent<TTile, TSums>() / (4 * Threads<TTile>());

    /// <summary>The first of them. In memory, those of neighbouring threads are neighbours too.</summary>
    public static SlabWalk Of<TTile, TSums>(bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct => depthIsContiguous ? AlongDepth<TTile, TSums>() : AlongRows<TTile, TSums>();

    /// <summary>So many words further; every second one goes to the neighbouring term where terms are paired.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly SlabWalk Skip(int words) => this with { Row = Row + (words * _rowStep), Term = Term + (words / 2 * _pairStep) + (words % 2 * _termStep) };

    private static SlabWalk AlongDepth<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        int words = TTile.Slab / 4;
        return new() { Row = PowerOfTwo.Divide(Group.IdxX, words), Term = 4 * PowerOfTwo.Remainder(Group.IdxX, words), _rowStep = Threads<TTile>() / words };
    }

    /// <summary>A warp has 8 words of 4 terms, or of 4 pairs of terms: it reads lines of 128 bytes, and writes to all banks of shared memory.</summary>
    private static SlabWalk AlongRows<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        int extent = Extent<TTile, TSums>(), words = IntrinsicMath.Min(8, extent / 4), step = TTile.PairedTerms * (4 * Threads<TTile>() / extent);
        return new()
        {
            Row = 4 * (PowerOfTwo.Remainder(Group.IdxX, words) + (words * PowerOfTwo.Remainder(PowerOfTwo.Divide(Group.IdxX, 4 * words), extent / (4 * words)))),
            Term = TTile.PairedTerms * (PowerOfTwo.Remainder(PowerOfTwo.Divide(Group.IdxX, words), 4) + (4 * PowerOfTwo.Divide(Group.IdxX, extent))),
            _termStep = TTile.PairedTerms == 2 ? 1 : step,
            _pairStep = TTile.PairedTerms == 2 ? step : 2 * step,
        };
    }

    private static int Extent<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct => 4 * TTile.Side * TTile.Reach;

    private static int Threads<TTile>()
        where TTile : struct, ITile => TTile.Side * TTile.Side;
}
