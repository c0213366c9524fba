using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// float32 with 8 x 8 elements for each thread, a quarter of the reads of shared memory for each product, where tiles of 128 x 128 fill the device.
/// As <see cref="SingleTile{TGroup}"/> otherwise, to the last bit.
/// </summary>
internal readonly struct WideTile<TGroup> : IWideTile
    where TGroup : struct, IGroupShape
{
    public static int Side => TGroup.Side;

    public static int Down => SquareWarps.Down(Side);

    public static int Across => SquareWarps.Across(Side);

    public static int Reach => Quads.Reach;

    public static int GroupsEach => Quads.GroupsEach;

    public static int PairedTerms => 1;

    /// <summary>Slabs of 8.25 KB in tiles of 128 x 128.</summary>
    public static int Slab => 16;

    public static int SlabWords => Slab * TermWords;

    /// <summary>One more than the rows take: threads that write neighbouring terms of a row write to different banks.</summary>
    private static int TermWords => (2 * Side) + 1;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin()
    {
    }

    public static void Bring<TLeft, TRight>(Factor<TLeft, TRight> factor, SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => factor.Bring<WideTile<TGroup>, Quads, Twice<OneWord>, Twice<OneWord>>(left, right, term, end, inWords);

    public static Quads Zero() => default;

    public static void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms)
    {
        ArrayView<float> to = slab.Cast<float>().SubView((term * 4 * TermWords) + row);
        to[0] = terms.X;
        to[4 * TermWords] = terms.Y;
        to[8 * TermWords] = terms.Z;
        to[12 * TermWords] = terms.W;
    }

    public static void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next) => slab[(term * TermWords) + (row >> 2)] = rows;

    public static Quads MultiplyAdd(Quads sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        int down = Down, across = Across;

        // Slabs are zero beyond their terms. From a view of its own each term is at a constant distance.
        for (int p = 0; p < terms; p += 4)
        {
            ArrayView<Float4> l = left.SubView((p * TermWords) + down), r = right.SubView((p * TermWords) + across);
            sums = AddTerm(sums, l, r, 0);
            sums = AddTerm(sums, l, r, TermWords);
            sums = AddTerm(sums, l, r, 2 * TermWords);
            sums = AddTerm(sums, l, r, 3 * TermWords);
        }

        return sums;
    }

    public static Quad First(Quads sums, ArrayView<Float4> slabs) => sums.TopLeft;

    public static void HandTo<TSink>(TSink sink, TileFrame frame, Quads sums, ArrayView<Float4> slabs)
        where TSink : struct, ISink => WideTiles.HandTo<WideTile<TGroup>, TSink>(sink, frame, sums, slabs);

    public static Quads Rest(Quads sums) => sums.Rest();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quads AddTerm(Quads sums, ArrayView<Float4> left, ArrayView<Float4> right, int at)
    {
        Float4 top = left[at], bottom = left[at + Side], first = right[at], second = right[at + Side];
        return new Quads
        {
            TopLeft = sums.TopLeft.AddOuter(top, first),
            TopRight = sums.TopRight.AddOuter(top, second),
            BottomLeft = sums.BottomLeft.AddOuter(bottom, first),
            BottomRight = sums.BottomRight.AddOuter(bottom, second),
        };
    }
}
