using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Elementary functions that the base library lacks or evaluates with cancellation.</summary>
public static class Elementary
{
    /// <summary>log(1 + x) for x > -1, to a few units in the last place also near 0.</summary>
    /// <remarks>The rounding error of 1 + x is divided out: Goldberg, "What every computer scientist should know about floating-point arithmetic" (1991), theorem 4.</remarks>
    public static T LogOnePlus<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.One + x;
        return sum == T.One ? x : T.IsPositiveInfinity(sum) ? sum : T.Log(sum) * (x / (sum - T.One));
    }

    /// <summary>1 / (1 + exp(-x)), accurate in both tails.</summary>
    public static T Sigmoid<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T e = T.Exp(-T.Abs(x));
        return x < T.Zero ? e / (T.One + e) : T.One / (T.One + e);
    }
}
