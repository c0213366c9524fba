using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>How the threads of a group wait for one another.</summary>
internal interface IBarrier
{
    static abstract void Wait();

    /// <summary>Waits until all have read shared memory that the next allocation hands out again.</summary>
    static abstract void WaitToReuse();
}

/// <summary>On GPUs.</summary>
internal readonly struct GroupBarrier : IBarrier
{
    public static void Wait() => Group.Barrier();

    public static void WaitToReuse() => Group.Barrier();
}

/// <summary>On the emulator, whose groups are single warps: there the barrier of a group is three of a warp, and every allocation gives new memory.</summary>
internal readonly struct WarpBarrier : IBarrier
{
    public static void Wait() => Warp.Barrier();

    public static void WaitToReuse()
    {
    }
}
