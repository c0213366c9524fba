using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Reductions by a butterfly of shuffles: what GPUs use.</summary>
internal readonly struct ShuffledWarp : IWarp
{
    public static double Sum(double value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value += Warp.ShuffleXor(value, distance);
        }

        return value;
    }

    public static float Max(float value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value = Comparison.Larger(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }

    public static int Min(int value)
    {
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            value = IntrinsicMath.Min(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }
}
