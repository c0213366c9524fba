using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The threads of a warp, reduced by a butterfly of shuffles: for CUDA.</summary>
internal readonly struct ShuffledWarp : IWarp
{
    public static int Lane => Warp.LaneIdx;

    public static int Width => Warp.WarpSize;

    public static double Sum(double value) => Reduce<double, Addition>(value);

    public static float Max(float value) => Reduce<float, Largest>(value);

    public static int Min(int value) => Reduce<int, Smallest>(value);

    /// <summary>In every step a thread joins its number with that of the thread whose lane differs in one bit, from the highest to the lowest.</summary>
    private static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        for (int distance = Width / 2; distance > 0; distance /= 2)
        {
            value = TReduction.Of(value, Warp.ShuffleXor(value, distance));
        }

        return value;
    }
}
