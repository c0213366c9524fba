using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The group that computes one tile of a product: Side x Side threads for 4 Side x 4 Side elements.</summary>
internal interface IGroupShape
{
    static abstract int Side { get; }

    /// <summary>Waits for all threads of the group.</summary>
    static abstract void Synchronize();
}

/// <summary>256 threads, tiles of 64 x 64: for GPUs.</summary>
internal readonly struct LargeGroup : IGroupShape
{
    public static int Side => 16;

    public static void Synchronize() => Group.Barrier();
}

/// <summary>64 threads, tiles of 32 x 32: for the emulator, where there have to be several warps.</summary>
internal readonly struct MediumGroup : IGroupShape
{
    public static int Side => 8;

    public static void Synchronize() => Group.Barrier();
}

/// <summary>16 threads, tiles of 16 x 16: for the emulator, where barriers cost most.</summary>
internal readonly struct SmallGroup : IGroupShape
{
    public static int Side => 4;

    // The group is part of one warp, and the barrier of a warp is the cheaper one.
    public static void Synchronize() => Warp.Barrier();
}
