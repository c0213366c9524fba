using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Which elements of a slab the calling thread brings to shared memory, one after the other.</summary>
internal struct SlabWalk
{
    /// <summary>Row of the tile; for the right operand, column.</summary>
    public int Row;

    /// <summary>Term of the slab.</summary>
    public int Term;

    private int _rowStep, _termStep;

    /// <summary>How many they are: a multiple of four.</summary>
    public static int Length<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums> => TTile.Slab * Extent<TTile, TSums>() / Threads<TTile>();

    /// <summary>The first of them. Neighbouring threads take neighbouring terms or rows, as they lie in memory and where a group has threads for all of them.</summary>
    public static SlabWalk Of<TTile, TSums>(bool depthIsContiguous)
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums>
    {
        int extent = Extent<TTile, TSums>(), threads = Threads<TTile>();
        return threads < extent || (depthIsContiguous && threads >= TTile.Slab)
            ? new() { Row = Group.IdxX / TTile.Slab, Term = Group.IdxX % TTile.Slab, _rowStep = threads / TTile.Slab }
            : new() { Row = Group.IdxX % extent, Term = Group.IdxX / extent, _termStep = threads / extent };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly SlabWalk Next() => this with { Row = Row + _rowStep, Term = Term + _termStep };

    private static int Extent<TTile, TSums>()
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums> => 4 * TTile.Side * TSums.Reach;

    private static int Threads<TTile>()
        where TTile : struct, ITile => TTile.Side * TTile.Side;
}
