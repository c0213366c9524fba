using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>float32: every thread sums its own elements, in registers, in increasing depth. A slab is stored term by term.</summary>
internal readonly struct SingleTile<TGroup> : ITile
    where TGroup : struct, IGroupShape
{
    public static int Side => TGroup.Side;

    /// <summary>16 in tiles of 64 x 64: slabs of 4 KB.</summary>
    public static int Slab => TGroup.Side == 4 ? 32 : 16;

    public static int SlabWords => Slab * Side;

    public static void Synchronize() => TGroup.Synchronize();

    public static void Begin()
    {
    }

    public static Quad Zero() => default;

    public static void Put(ArrayView<Float4> slab, int row, int term, float value) => slab.Cast<float>()[(term * 4 * Side) + row] = value;

    public static Quad MultiplyAdd(Quad sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms)
    {
        int down = Group.IdxX / Side, across = Group.IdxX % Side;
        for (int p = 0; p < terms; p++)
        {
            sums = sums.AddOuter(left[(p * Side) + down], right[(p * Side) + across]);
        }

        return sums;
    }

    public static Quad Collect(Quad sums, ArrayView<Float4> slabs) => sums;
}
