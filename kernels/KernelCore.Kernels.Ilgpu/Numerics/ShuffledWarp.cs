using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The threads of a warp, reduced by a butterfly of shuffles: for CUDA.</summary>
internal readonly struct ShuffledWarp : IWarp
{
    public static int Lane => Warp.LaneIdx;

    public static int Width => Warp.WarpSize;

    public static double Sum(double value)
    {
        for (int distance = Width / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    public static float Max(float value)
    {
        for (int distance = Width / 2; distance > 0; distance /= 2)
        {
            value = Comparison.Larger(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }

    public static int Min(int value)
    {
        for (int distance = Width / 2; distance > 0; distance /= 2)
        {
            value = IntrinsicMath.Min(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }
}
