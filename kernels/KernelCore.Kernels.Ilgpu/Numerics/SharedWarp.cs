using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Reductions through shared memory, all threads of a group on one row: for OpenCL, where ILGPU has shuffles on Intel's devices only,
/// and for the emulator, where a shuffle is a dozen rendezvous of host threads.
/// </summary>
internal readonly struct SharedWarp<TBarrier> : IWarp
    where TBarrier : struct, IBarrier
{
    /// <summary>Largest group that reduces this way.</summary>
    public const int MaxWidth = 64;

    public static int Lane => Group.IdxX;

    public static int Width => Group.DimX;

    public static double Sum(double value) => Reduce<double, Addition>(value);

    public static float Max(float value) => Reduce<float, Largest>(value);

    public static int Min(int value) => Reduce<int, Smallest>(value);

    /// <summary>Every thread goes through the numbers of all, from the first to the last.</summary>
    private static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        ArrayView<T> values = SharedMemory.Allocate<T>(MaxWidth);
        values[Lane] = value;
        TBarrier.Wait();
        T result = values[0];
        for (int lane = 1; lane < Width; lane++)
        {
            result = TReduction.Of(result, values[lane]);
        }

        TBarrier.WaitToReuse();
        return result;
    }
}
