using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Comparisons that keep NaN.</summary>
internal static class Comparison
{
    /// <summary>The larger of two; NaN if either is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Larger(float a, float b) => a > b || float.IsNaN(a) ? a : b;
}
