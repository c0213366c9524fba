using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// A slab of an operand for tensor cores: rows of 32 words of 4 bytes, and 4 words more. In every square a warp has 32 rows and
/// 16 columns.
/// </summary>
/// <remarks>
/// Within a square row r is stored at r / 4 + (r % 4) Side, its slot, and rows of fragments are slots. No access meets a bank
/// twice. Reading fragments, lane (g, t) goes to bank 36 g + t = 4 g + t: 8 times 4 different ones. Writing terms of a row, 8
/// lanes write the 128 bytes of one row, or 16 lanes do. Writing a word of rows 4 q, ..., 4 q + 3, lane (q, t) goes to bank 36 q + t
/// for each of them in turn, as their slots are q + constant: the same 32 banks.
/// </remarks>
internal readonly struct TensorSlab<TGroup, TFormat>
    where TGroup : struct, IGroupShape
    where TFormat : struct, ITensorFormat
{
    /// <summary>Words of 4 bytes from row to row, and of a step: what one instruction multiplies.</summary>
    public const int RowWords = 36, StepWords = 8;

    private const int UsedWords = 32, WarpSize = 32, WarpRows = 32, WarpColumns = 16, BlockRows = 16, BlockColumns = 8;

    public static int Terms => UsedWords * TFormat.TermsPerWord;

    /// <summary>Words from square to square.</summary>
    public static int SquareWords => Extent * RowWords;

    private static int Extent => 4 * TGroup.Side;

    /// <summary>Words from row to row of a square of sums: 8 more than there are columns, as threads of a warp write two elements in each of 8 rows.</summary>
    private static int SumWords => Extent + 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms) =>
        TFormat.StoreTerms(slab, ((Slot(row) + (PowerOfTwo.Remainder(row, 4) * TGroup.Side)) * (RowWords * TFormat.TermsPerWord / 4)) + (term >> 2), terms);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next)
    {
        ArrayView<uint> to = slab.Cast<uint>().SubView((Slot(row) * RowWords) + PowerOfTwo.Divide(term, TFormat.TermsPerWord));
        to[0] = TFormat.Pack(rows.X, next.X);
        to[TGroup.Side * RowWords] = TFormat.Pack(rows.Y, next.Y);
        to[2 * TGroup.Side * RowWords] = TFormat.Pack(rows.Z, next.Z);
        to[3 * TGroup.Side * RowWords] = TFormat.Pack(rows.W, next.W);
    }

    /// <summary>From where the calling thread reads its fragments of the left operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ArrayView<int> OfLeft(ArrayView<Float4> slab) => slab.Cast<int>().SubView(((FirstRow + G) * RowWords) + T);

    /// <summary>From where it reads those of the right one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ArrayView<int> OfRight(ArrayView<Float4> slab) => slab.Cast<int>().SubView(((FirstColumn + G) * RowWords) + T);

    /// <summary>Two blocks of the left operand. From a view of its own each word is at a constant distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LeftFragments Left(ArrayView<int> at, int square) => new()
    {
        A0 = at[square], A1 = at[square + (8 * RowWords)], A2 = at[square + 4], A3 = at[square + (8 * RowWords) + 4],
        A4 = at[square + (BlockRows * RowWords)], A5 = at[square + ((BlockRows + 8) * RowWords)],
        A6 = at[square + (BlockRows * RowWords) + 4], A7 = at[square + ((BlockRows + 8) * RowWords) + 4],
    };

    /// <summary>Two blocks of the right one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RightFragments Right(ArrayView<int> at, int square) => new()
    {
        B0 = at[square], B1 = at[square + 4], B2 = at[square + (BlockColumns * RowWords)], B3 = at[square + (BlockColumns * RowWords) + 4],
    };

    /// <summary>The elements of the calling thread in a square, through shared memory: threads of a warp have sums of other places than sinks take from them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad Collect<TCore>(Quad sums, ArrayView<Float4> slabs)
        where TCore : struct, ITensorCore
    {
        ArrayView<float> square = slabs.Cast<float>();
        TCore.Store(sums, square.SubView(((FirstRow + G) * SumWords) + FirstColumn + (2 * T)), SumWords);
        TGroup.Synchronize();
        ArrayView<float> mine = square.SubView((PowerOfTwo.Divide(Group.IdxX, TGroup.Side) * SumWords) + PowerOfTwo.Remainder(Group.IdxX, TGroup.Side));
        return new() { Row0 = Row(mine, 0), Row1 = Row(mine, TGroup.Side * SumWords), Row2 = Row(mine, 2 * TGroup.Side * SumWords), Row3 = Row(mine, 3 * TGroup.Side * SumWords) };
    }

    /// <summary>Four neighbouring columns, from their slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Row(ArrayView<float> at, int row) => new()
    {
        X = at[row], Y = at[row + TGroup.Side], Z = at[row + (2 * TGroup.Side)], W = at[row + (3 * TGroup.Side)],
    };

    private static int G => PowerOfTwo.Divide(PowerOfTwo.Remainder(Group.IdxX, WarpSize), 4);

    private static int T => PowerOfTwo.Remainder(Group.IdxX, 4);

    /// <summary>Warps that are next to one another.</summary>
    private static int WarpsAcross => Extent / WarpColumns;

    private static int FirstRow => PowerOfTwo.Divide(Group.IdxX, WarpSize * WarpsAcross) * WarpRows;

    private static int FirstColumn => PowerOfTwo.Remainder(PowerOfTwo.Divide(Group.IdxX, WarpSize), WarpsAcross) * WarpColumns;

    /// <summary>Where a row of the tile is stored that is a multiple of four, and others of its four, each Side further.</summary>
    private static int Slot(int row) => (PowerOfTwo.Divide(row, Extent) * Extent) + PowerOfTwo.Divide(PowerOfTwo.Remainder(row, Extent), 4);
}
