using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>float32: every thread sums its own 4 x 4 elements, in registers, in increasing depth. A slab is stored term by term.</summary>
internal readonly struct SingleTile<TGroup> : ITile<Quad>
    where TGroup : struct, IGroupShape
{
    public static int Side => TGroup.Side;

    public static int Down => SquareWarps.Down(Side);

    public static int Across => SquareWarps.Across(Side);

    public static int Reach => 1;

    public static int GroupsEach => 0;

    public static int PairedTerms => 1;

    /// <summary>16 in tiles of 64 x 64: slabs of 4.25 KB.</summary>
    public static int Slab => TGroup.Side == 4 ? 32 : 16;

    public static int SlabWords => Slab * TermWords;

    /// <summary>One more than the rows take: threads that write neighbouring terms of a row write to different banks.</summary>
    private static int TermWords => Side + 1;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin()
    {
    }

    public static void Bring<TLeft, TRight>(Factor<TLeft, TRight> factor, SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => factor.Bring<SingleTile<TGroup>, Quad, OneWord, OneWord>(left, right, term, end, inWords);

    public static Quad Zero() => default;

    public static void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms)
    {
        ArrayView<float> to = slab.Cast<float>().SubView((term * 4 * TermWords) + row);
        to[0] = terms.X;
        to[4 * TermWords] = terms.Y;
        to[8 * TermWords] = terms.Z;
        to[12 * TermWords] = terms.W;
    }

    public static void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next) => slab[(term * TermWords) + (row >> 2)] = rows;

    public static Quad MultiplyAdd(Quad sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        int down = Down, across = Across;

        // Slabs are zero beyond their terms. From a view of its own each term is at a constant distance.
        for (int p = 0; p < terms; p += 4)
        {
            ArrayView<Float4> l = left.SubView((p * TermWords) + down), r = right.SubView((p * TermWords) + across);
            sums = sums.AddOuter(l[0], r[0]);
            sums = sums.AddOuter(l[TermWords], r[TermWords]);
            sums = sums.AddOuter(l[2 * TermWords], r[2 * TermWords]);
            sums = sums.AddOuter(l[3 * TermWords], r[3 * TermWords]);
        }

        return sums;
    }

    public static Quad First(Quad sums, ArrayView<Float4> slabs) => sums;

    public static void HandTo<TSink>(TSink sink, TileFrame frame, Quad sums, ArrayView<Float4> slabs)
        where TSink : struct, ISink => sink.Take<SingleTile<TGroup>>(frame, First(sums, slabs));
}
