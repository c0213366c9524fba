using System.Runtime.CompilerServices;

namespace KernelCore.Kernels;

/// <summary>
/// Elementary functions, written once for SIMD lanes of every width and for GPU threads. Error bounds are in units in the last place of
/// the result, measured against double precision over the whole range of floats. NaN gives NaN.
/// </summary>
internal static class RealMath
{
    /// <summary>From here down, e^x is 0.</summary>
    public const float ExpLowest = -104;

    /// <summary>e^x within 2 ulp (2^-149 where the result is subnormal); 0 below -104, infinity above 88.73.</summary>
    /// <remarks>Cody-Waite reduction x = n ln 2 + r; e^r by its minimax polynomial of degree 6 with e^0 = 1 (relative error 2.0e-9).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, IReal<T> => ExpInRange(T.Max(T.Broadcast(ExpLowest), T.Min(T.Broadcast(89f), x)));

    /// <summary><see cref="Exp"/> for arguments from <see cref="ExpLowest"/> to 89.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpInRange<T>(T x)
        where T : struct, IReal<T>
    {
        T n = ExpExponent(x);
        return T.Scale(ExpFraction(x, n), n);
    }

    /// <summary>n of e^x = 2^n e^r with r next to 0. Adding 1.5 * 2^23 rounds to the nearest integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpExponent<T>(T x)
        where T : struct, IReal<T> => T.MultiplyAdd(x, T.Broadcast(1.44269504088896341f), T.Broadcast(12582912f)) - T.Broadcast(12582912f);

    /// <summary>e^r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpFraction<T>(T x, T n)
        where T : struct, IReal<T>
    {
        T r = T.MultiplyAdd(n, T.Broadcast(-0.693359375f), x);
        r = T.MultiplyAdd(n, T.Broadcast(2.12194440e-4f), r);

        T p = T.Broadcast(1.384355981e-3f);
        p = T.MultiplyAdd(p, r, T.Broadcast(8.374235943e-3f));
        p = T.MultiplyAdd(p, r, T.Broadcast(4.166800742e-2f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1.666643034e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(4.999999417e-1f));
        p = T.MultiplyAdd(p, r, T.Broadcast(1.000000032f));
        return T.MultiplyAdd(p, r, T.Broadcast(1f));
    }

    /// <summary>a 2^n where there is no instruction for it: in two factors, because n reaches beyond the exponents of a normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ScaleInTwoSteps<T>(T a, T n)
        where T : struct, IReal<T>
    {
        T half = T.Round(n * T.Broadcast(0.5f));
        return a * T.PowerOfTwo(half) * T.PowerOfTwo(n - half);
    }

    /// <summary>log(1 + x) within 3 ulp, for 0 &lt;= x &lt; 2^126.</summary>
    /// <remarks>
    /// 1 + x = 2^n f with f between sqrt(1/2) and sqrt(2); log f = 2 artanh((f - 1) / (f + 1)) by its series, and what rounding
    /// took from 1 + x to first order.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LogOnePlus<T>(T x)
        where T : struct, IReal<T>
    {
        T one = T.Broadcast(1f), u = one + x, lost = (x - (u - one)) / u;
        T n = T.Exponent(u * T.Broadcast(1.41421356f));
        T f = u * T.PowerOfTwo(T.Broadcast(0f) - n);
        T s = (f - one) / (f + one), z = s * s;
        T p = T.Broadcast(2f / 11);
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 9));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 7));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 5));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 3));
        T logarithm = T.MultiplyAdd(p * z, s, s + s) + T.MultiplyAdd(n, T.Broadcast(-2.12194440e-4f), lost);
        return T.MultiplyAdd(n, T.Broadcast(0.693359375f), logarithm);
    }

    /// <summary>1 / (1 + e^-x) within 4 ulp, and its derivative, which keeps its relative accuracy in both tails.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sigmoid<T>(T x, out T derivative)
        where T : struct, IReal<T>
    {
        T zero = T.Broadcast(0f), one = T.Broadcast(1f);
        T e = Exp(zero - T.Abs(x));
        T upper = one / (one + e);
        T lower = e * upper;
        derivative = lower * upper;
        return T.WhereLess(x, zero, lower, upper);
    }

    /// <summary>tanh x within 3 ulp.</summary>
    /// <remarks>Cephes (tanhf): a polynomial below 0.625, where 1 - 2 / (e^2x + 1) would cancel.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Tanh<T>(T x)
        where T : struct, IReal<T>
    {
        T zero = T.Broadcast(0f), one = T.Broadcast(1f), a = T.Abs(x);
        T z = x * x;
        T p = T.Broadcast(-5.70498872745e-3f);
        p = T.MultiplyAdd(p, z, T.Broadcast(2.06390887954e-2f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-5.37397155531e-2f));
        p = T.MultiplyAdd(p, z, T.Broadcast(1.33314422036e-1f));
        p = T.MultiplyAdd(p, z, T.Broadcast(-3.33332819422e-1f));
        T small = T.MultiplyAdd(p * z, x, x);

        T large = one - T.Broadcast(2f) / (Exp(a + a) + one);
        large = T.WhereLess(x, zero, zero - large, large);
        return T.WhereLess(a, T.Broadcast(0.625f), small, large);
    }

    /// <summary>log(1 + e^x) within 4 ulp, without overflow.</summary>
    /// <remarks>max(x, 0) + log1p(e^-|x|), the logarithm by its series 2 artanh(e / (2 + e)), whose argument is at most 1/3.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Softplus<T>(T x)
        where T : struct, IReal<T>
    {
        T e = Exp(T.Broadcast(0f) - T.Abs(x));
        T s = e / (e + T.Broadcast(2f));
        T z = s * s;
        T p = T.Broadcast(2f / 17);
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 15));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 13));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 11));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 9));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 7));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 5));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f / 3));
        p = T.MultiplyAdd(p, z, T.Broadcast(2f));
        return T.MultiplyAdd(p, s, T.Max(T.Broadcast(0f), x));
    }

    /// <summary>Phi(x) = erfc(-x / sqrt 2) / 2, the normal distribution function, within 6 ulp, and its density.</summary>
    /// <remarks>
    /// With a = |x|, Phi(-a) = e^(-a^2/2) P(q) / (a + 4), q = (a - 4) / (a + 4): the variable of Shepherd and Laframboise,
    /// "Chebyshev approximation of (1+2x)exp(x^2)erfc(x)", Math. Comp. 36 (1981). P is the Chebyshev interpolant of
    /// degree 9 on 0 &lt;= a &lt;= 14.5 (relative error 1.9e-8), beyond which Phi(-a) is below the least float. The
    /// rounding error of a^2 is carried into the exponential to first order, so the lower tail keeps its relative accuracy
    /// (without fused multiply-adds that term is 0, and the bound grows by x^2 ulp).
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T NormalDistribution<T>(T x, out T density)
        where T : struct, IReal<T>
    {
        T one = T.Broadcast(1f), half = T.Broadcast(-0.5f);
        T a = T.Min(T.Broadcast(14.5f), T.Abs(x));
        T square = a * a;
        T rest = T.MultiplyAdd(a, a, T.Broadcast(0f) - square);
        T e = Exp(half * square);
        e = T.MultiplyAdd(e, half * rest, e);

        T reciprocal = one / (a + T.Broadcast(4f));
        T q = (a - T.Broadcast(4f)) * reciprocal;
        T p = T.Broadcast(-0.000120822122f);
        p = T.MultiplyAdd(p, q, T.Broadcast(0.00019919379f));
        p = T.MultiplyAdd(p, q, T.Broadcast(0.00157028204f));
        p = T.MultiplyAdd(p, q, T.Broadcast(-0.00352625246f));
        p = T.MultiplyAdd(p, q, T.Broadcast(-0.00752836652f));
        p = T.MultiplyAdd(p, q, T.Broadcast(0.0604069903f));
        p = T.MultiplyAdd(p, q, T.Broadcast(-0.186522767f));
        p = T.MultiplyAdd(p, q, T.Broadcast(0.387136638f));
        p = T.MultiplyAdd(p, q, T.Broadcast(-0.607896626f));
        p = T.MultiplyAdd(p, q, T.Broadcast(0.755285144f));
        T tail = e * (p * reciprocal);
        density = e * T.Broadcast(0.398942280401432678f);
        return T.WhereLess(x, T.Broadcast(0f), tail, one - tail);
    }
}
