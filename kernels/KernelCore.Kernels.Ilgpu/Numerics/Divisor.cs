using System.Numerics;
using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// A divisor that the host knows before a launch. Kernels divide by it with a multiplication and a shift; a division by a number that they
/// get to know only when they run takes a GPU some twenty instructions.
/// </summary>
/// <remarks>
/// With s = ceil(log2 d) and m = ceil(2^(31 + s) / d), floor(n m / 2^(31 + s)) = floor(n / d) for all n from 0 to 2^31 - 1: m d exceeds
/// 2^(31 + s) by less than d, at most 2^s, so n m / 2^(31 + s) exceeds n / d by less than 1 / d. And m fits 32 bits
/// (Granlund and Montgomery, Division by invariant integers using multiplication, 1994).
/// </remarks>
internal readonly struct Divisor
{
    public readonly int Value;

    private readonly uint _multiplier;
    private readonly int _shift;

    /// <param name="value">At least 0. By 0, an extent of something empty, no kernel divides.</param>
    public Divisor(int value)
    {
        Value = Math.Max(1, value);
        _shift = 63 - BitOperations.LeadingZeroCount((uint)(Value - 1));
        _multiplier = (uint)(((1UL << _shift) + (ulong)Value - 1) / (ulong)Value);
    }

    /// <summary>n / value, rounded down. Of a negative n, some number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Quotient(int n) => (int)(((ulong)(uint)n * _multiplier) >> _shift);

    /// <summary>n modulo value, of n at least 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Remainder(int n) => Remainder(n, Quotient(n));

    /// <summary>The same, where the quotient is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Remainder(int n, int quotient) => n - (quotient * Value);
}
