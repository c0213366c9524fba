using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Division of what is not negative by constant powers of two: ILGPU hands ptxas divisions whose divisor it does not see in time, and gets them written out.</summary>
internal static class PowerOfTwo
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Divide(int value, int power) => value >> IntrinsicMath.BitOperations.PopCount(power - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Remainder(int value, int power) => value & (power - 1);
}
