using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Shape of the group that computes one tile of a product: Side x Side threads, each with 4 x 4 elements.</summary>
internal interface ITile
{
    static abstract int Side { get; }

    /// <summary>Terms of the sum that are in shared memory at a time.</summary>
    static abstract int Slab { get; }

    /// <summary>Waits for all threads of the group.</summary>
    static abstract void Synchronize();
}

/// <summary>256 threads, tiles of 64 x 64: for GPUs.</summary>
internal readonly struct LargeTile : ITile
{
    public static int Side => 16;

    public static int Slab => 16;

    public static void Synchronize() => Group.Barrier();
}

/// <summary>16 threads, tiles of 16 x 16: for the emulator, where barriers cost most.</summary>
internal readonly struct SmallTile : ITile
{
    public static int Side => 4;

    public static int Slab => 32;

    // The group is part of one warp, and the barrier of a warp is the cheaper one.
    public static void Synchronize() => Warp.Barrier();
}
