using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// float32 with 8 x 8 elements for each thread, a quarter of the reads of shared memory for each product, where tiles of 128 x 128 fill the device.
/// As <see cref="SingleTile{TGroup}"/> otherwise, to the last bit.
/// </summary>
internal readonly struct WideTile<TGroup> : ITile<Quads>
    where TGroup : struct, IGroupShape
{
    public static int Side => TGroup.Side;

    public static int Down => SquareWarps.Down(Side);

    public static int Across => SquareWarps.Across(Side);

    public static int Fetches => 8;

    /// <summary>Slabs of 8.25 KB in tiles of 128 x 128.</summary>
    public static int Slab => 16;

    public static int SlabWords => Slab * TermWords;

    /// <summary>One more than the rows take: threads that write neighbouring terms of a row write to different banks.</summary>
    private static int TermWords => (2 * Side) + 1;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin()
    {
    }

    public static Quads Zero() => default;

    public static void Put(ArrayView<Float4> slab, int row, int term, float value) => slab.Cast<float>()[(term * 4 * TermWords) + row] = value;

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

    public static Quads Collect(Quads sums, ArrayView<Float4> slabs) => sums;

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
