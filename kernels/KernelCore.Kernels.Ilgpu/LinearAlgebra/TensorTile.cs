using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Reduced precision by tensor cores: a warp computes 16 x 32 elements. A slab is stored row by row, 32 words of 4 bytes
/// each, in such an order that the threads of a warp read their fragments from different banks.
/// </summary>
internal readonly struct TensorTile<TGroup, TFormat, TCore> : ITile<Quad>
    where TGroup : struct, IGroupShape
    where TFormat : struct, ITensorFormat
    where TCore : struct, ITensorCore
{
    private const int WarpSize = 32, WarpRows = 16, WarpColumns = 32, RowWords = 32, StepWords = 8;

    public static int Side => TGroup.Side;

    public static int Down => Group.IdxX / Side;

    public static int Across => Group.IdxX % Side;

    public static int Fetches => 4;

    public static int Slab => RowWords * TFormat.TermsPerWord;

    /// <summary>Slabs of 8 KB in tiles of 64 x 64: as much as the tile itself when both are done with.</summary>
    public static int SlabWords => RowWords * Side;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin() => TCore.Begin();

    public static Quad Zero() => TCore.Zero();

    public static void Put(ArrayView<Float4> slab, int row, int term, float value) =>
        TFormat.Put(slab, Word(row, term / TFormat.TermsPerWord), term % TFormat.TermsPerWord, value);

    public static Quad MultiplyAdd(Quad sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        ArrayView<int> l = left.Cast<int>(), r = right.Cast<int>();
        int g = Group.IdxX % WarpSize / 4, t = Group.IdxX % 4;
        int row = (FirstRow + g) * RowWords, column = (FirstColumn + g) * RowWords;
        for (int step = 0; step * TFormat.TermsPerWord < terms; step += StepWords)
        {
            // Rows of a fragment differ by multiples of 8, and are in the same order.
            int first = Word(g, step + t) - (g * RowWords), second = first ^ 4;
            var fragments = new WarpFragments
            {
                A0 = l[row + first], A1 = l[row + (8 * RowWords) + first], A2 = l[row + second], A3 = l[row + (8 * RowWords) + second],
                B0 = r[column + first], B1 = r[column + second],
                B2 = r[column + (8 * RowWords) + first], B3 = r[column + (8 * RowWords) + second],
                B4 = r[column + (16 * RowWords) + first], B5 = r[column + (16 * RowWords) + second],
                B6 = r[column + (24 * RowWords) + first], B7 = r[column + (24 * RowWords) + second],
            };
            sums = TCore.MultiplyAdd(sums, fragments);
        }

        return sums;
    }

    /// <summary>Through shared memory: threads of a warp have elements of other places than sinks take from them.</summary>
    public static Quad Collect(Quad sums, ArrayView<Float4> slabs)
    {
        int g = Group.IdxX % WarpSize / 4, t = Group.IdxX % 4, extent = 4 * Side;
        Synchronize();
        TCore.Store(sums, slabs.Cast<float>(), ((FirstRow + g) * extent) + FirstColumn + (2 * t), 8 * extent);
        Synchronize();
        int at = (Group.IdxX / Side * extent) + (Group.IdxX % Side);
        return new Quad { Row0 = slabs[at], Row1 = slabs[at + Side], Row2 = slabs[at + (2 * Side)], Row3 = slabs[at + (3 * Side)] };
    }

    /// <summary>Warps that are next to one another.</summary>
    private static int WarpsAcross => 4 * Side / WarpColumns;

    private static int FirstRow => Group.IdxX / WarpSize / WarpsAcross * WarpRows;

    private static int FirstColumn => Group.IdxX / WarpSize % WarpsAcross * WarpColumns;

    /// <summary>Where a word of a row is: 8 neighbouring rows have their words in 8 different orders.</summary>
    private static int Word(int row, int word) => (row * RowWords) + (word ^ ((row & 7) << 2));
}
