using System.Runtime.CompilerServices;
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Reduce<T, TReduction>(T value)
        where T : unmanaged
        where TReduction : struct, IReduction<T>
    {
        // A loop would keep the compiler from seeing that all threads come along.
        T half = Width > 32 ? Join<T, TReduction>(value, 32) : value;
        half = Join<T, TReduction>(half, 16);
        half = Join<T, TReduction>(half, 8);
        half = Join<T, TReduction>(half, 4);
        half = Join<T, TReduction>(half, 2);
        return Join<T, TReduction>(half, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Join<T, TReduction>(T value, int distance)
        where T : unmanaged
        where TReduction : struct, IReduction<T> => TReduction.Of(value, Warp.ShuffleXor(value, distance));
}
