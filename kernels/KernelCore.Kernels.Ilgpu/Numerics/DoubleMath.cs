using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Elementary functions in double: devices have none of their own, or inexact ones. Within 2 ulp.</summary>
internal static class DoubleMath
{
    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

    /// <summary>e^x; 0 below -745, infinity above 710.</summary>
    /// <remarks>Cody-Waite reduction x = n ln 2 + r, |r| at most 0.35.</remarks>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x > 710)
        {
            return double.PositiveInfinity;
        }

        if (x < -745.5)
        {
            return 0;
        }

        int n = (int)((x * 1.44269504088896341) + (x < 0 ? -0.5 : 0.5));
        double r = x - (n * Ln2High) - (n * Ln2Low);
        double p = ExpNearZero(r);

        // Two factors, because n reaches -1076 and 1024, beyond the exponents of a normal number.
        int half = n / 2;
        return p * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <summary>e^x for x at most 0, without branches; 0 below -708, where it would be subnormal.</summary>
    /// <remarks>As <see cref="Exp"/>; adding 1.5 x 2^52 rounds to the nearest integer, which is then in the lower bits.</remarks>
    public static double ExpOfNegative(double x)
    {
        const double rounder = 6755399441055744;
        double inside = x < -708 ? -708 : x, shifted = (inside * 1.44269504088896341) + rounder, n = shifted - rounder;
        double p = ExpNearZero(inside - (n * Ln2High) - (n * Ln2Low)) * PowerOfTwo((int)Interop.FloatAsInt(shifted));
        return x < -708 ? 0 : p;
    }

    /// <summary>e^r for |r| at most 0.35: the Taylor polynomial of degree 13.</summary>
    private static double ExpNearZero(double r)
    {
        double p = 1.0 / 6227020800;
        p = (p * r) + (1.0 / 479001600);
        p = (p * r) + (1.0 / 39916800);
        p = (p * r) + (1.0 / 3628800);
        p = (p * r) + (1.0 / 362880);
        p = (p * r) + (1.0 / 40320);
        p = (p * r) + (1.0 / 5040);
        p = (p * r) + (1.0 / 720);
        p = (p * r) + (1.0 / 120);
        p = (p * r) + (1.0 / 24);
        p = (p * r) + (1.0 / 6);
        p = (p * r) + 0.5;
        return (p * r * r) + r + 1;
    }

    /// <summary>log x of a normal positive number; NaN of NaN, infinity of infinity.</summary>
    /// <remarks>x = 2^n m with m around 1, log m = 2 artanh((m - 1) / (m + 1)).</remarks>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x > double.MaxValue)
        {
            return x;
        }

        ulong bits = Interop.FloatAsInt(x);
        int n = (int)(bits >> 52) - 1023;
        double m = Interop.IntAsFloat((bits & 0xFFFFFFFFFFFFFUL) | 0x3FF0000000000000UL);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            n++;
        }

        return (n * Ln2High) + ((n * Ln2Low) + TwoArtanh((m - 1) / (m + 1)));
    }

    /// <summary>log(1 + x) for x at least 0, to full relative precision near 0.</summary>
    public static double LogOnePlus(double x) => x < 0.4 ? TwoArtanh(x / (2 + x)) : Log(1 + x);

    /// <summary>2 artanh s for |s| at most 0.172.</summary>
    private static double TwoArtanh(double s)
    {
        double z = s * s, p = 2.0 / 23;
        p = (p * z) + (2.0 / 21);
        p = (p * z) + (2.0 / 19);
        p = (p * z) + (2.0 / 17);
        p = (p * z) + (2.0 / 15);
        p = (p * z) + (2.0 / 13);
        p = (p * z) + (2.0 / 11);
        p = (p * z) + (2.0 / 9);
        p = (p * z) + (2.0 / 7);
        p = (p * z) + (2.0 / 5);
        p = (p * z) + (2.0 / 3);
        return (p * z * s) + (2 * s);
    }

    private static double PowerOfTwo(int n) => Interop.IntAsFloat((ulong)(n + 1023) << 52);
}
