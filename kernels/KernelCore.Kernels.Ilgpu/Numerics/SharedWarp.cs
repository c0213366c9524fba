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

    public static double Sum(double value)
    {
        ArrayView<double> values = SharedMemory.Allocate<double>(MaxWidth);
        values[Lane] = value;
        TBarrier.Wait();
        double sum = 0;
        for (int lane = 0; lane < Width; lane++)
        {
            sum += values[lane];
        }

        TBarrier.WaitToReuse();
        return sum;
    }

    public static float Max(float value)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(MaxWidth);
        values[Lane] = value;
        TBarrier.Wait();
        float max = values[0];
        for (int lane = 1; lane < Width; lane++)
        {
            max = Comparison.Larger(max, values[lane]);
        }

        TBarrier.WaitToReuse();
        return max;
    }

    public static int Min(int value)
    {
        ArrayView<int> values = SharedMemory.Allocate<int>(MaxWidth);
        values[Lane] = value;
        TBarrier.Wait();
        int min = values[0];
        for (int lane = 1; lane < Width; lane++)
        {
            min = IntrinsicMath.Min(min, values[lane]);
        }

        TBarrier.WaitToReuse();
        return min;
    }
}
