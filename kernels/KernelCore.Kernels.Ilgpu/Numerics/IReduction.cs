using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What makes one number of two, and of those of all threads of a warp.</summary>
internal interface IReduction<T>
    where T : unmanaged
{
    static abstract T Of(T a, T b);
}

/// <summary>a + b.</summary>
internal readonly struct Addition : IReduction<double>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Of(double a, double b) => a + b;
}

/// <summary>The larger of two; NaN if either is NaN.</summary>
internal readonly struct Largest : IReduction<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float a, float b) => Comparison.Larger(a, b);
}

/// <summary>The smaller of two.</summary>
internal readonly struct Smallest : IReduction<int>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(int a, int b) => IntrinsicMath.Min(a, b);
}
