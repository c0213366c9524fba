using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Comparisons that keep NaN, and the one that finds it.</summary>
internal static class Comparison
{
    /// <summary>Whether a number is NaN, in one instruction: ILGPU looks at the bits for <see cref="float.IsNaN"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsNaN(float value)
    {
        float same = value;
        return value != same;
    }

    /// <summary>The larger of two; NaN if either is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Larger(float a, float b) => a > b | float.IsNaN(a) ? a : b;
}
