using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Reductions through shared memory, for the emulator: there a shuffle is a dozen rendezvous of host threads. The group
/// is one warp.
/// </summary>
internal readonly struct SharedWarp : IWarp
{
    /// <summary>Largest warp of any device.</summary>
    private const int MaxWarp = 64;

    public static double Sum(double value)
    {
        ArrayView<double> values = SharedMemory.Allocate<double>(MaxWarp);
        values[Warp.LaneIdx] = value;
        Warp.Barrier();
        double sum = 0;
        for (int lane = 0; lane < Warp.WarpSize; lane++)
        {
            sum += values[lane];
        }

        // The memory is that of the next reduction, too.
        Warp.Barrier();
        return sum;
    }

    public static float Max(float value)
    {
        ArrayView<float> values = SharedMemory.Allocate<float>(MaxWarp);
        values[Warp.LaneIdx] = value;
        Warp.Barrier();
        float max = values[0];
        for (int lane = 1; lane < Warp.WarpSize; lane++)
        {
            max = Comparison.Larger(max, values[lane]);
        }

        Warp.Barrier();
        return max;
    }

    public static int Min(int value)
    {
        ArrayView<int> values = SharedMemory.Allocate<int>(MaxWarp);
        values[Warp.LaneIdx] = value;
        Warp.Barrier();
        int min = values[0];
        for (int lane = 1; lane < Warp.WarpSize; lane++)
        {
            min = IntrinsicMath.Min(min, values[lane]);
        }

        Warp.Barrier();
        return min;
    }
}
