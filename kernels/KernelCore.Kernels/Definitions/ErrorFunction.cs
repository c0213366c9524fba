using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>erf and erfc, to about 1e-15 relative in double.</summary>
/// <remarks>W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), with the coefficients of his CALERF.</remarks>
public static class ErrorFunction
{
    private static ReadOnlySpan<double> A =>
        [3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03, 1.85777706184603153e-1];

    private static ReadOnlySpan<double> B =>
        [2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03];

    private static ReadOnlySpan<double> C =>
    [
        5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01, 2.98635138197400131e02, 8.81952221241769090e02,
        1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03, 2.15311535474403846e-8,
    ];

    private static ReadOnlySpan<double> D =>
    [
        1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
        3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
    ];

    private static ReadOnlySpan<double> P =>
    [
        3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4, 1.63153871373020978e-2,
    ];

    private static ReadOnlySpan<double> Q =>
        [2.56852019228982242e00, 1.87295284992346725e00, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

    /// <summary>erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.</summary>
    public static T Erf<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T y = T.Abs(x);
        if (y <= Of<T>(0.46875))
        {
            return x * Ratio(x * x, A, B);
        }

        T upper = T.One - UpperTail(y);
        return x < T.Zero ? -upper : upper;
    }

    /// <summary>erfc(x) = 1 - erf(x), without cancellation for positive x.</summary>
    public static T Erfc<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T y = T.Abs(x);
        if (y <= Of<T>(0.46875))
        {
            return T.One - (x * Ratio(x * x, A, B));
        }

        T tail = UpperTail(y);
        return x < T.Zero ? Of<T>(2) - tail : tail;
    }

    /// <summary>erfc(y) for y above 0.46875.</summary>
    private static T UpperTail<T>(T y)
        where T : IFloatingPointIeee754<T>
    {
        if (y > Of<T>(27))
        {
            return T.Zero;
        }

        // exp(-y^2) with y^2 split into a head of few bits and a remainder, so that squaring costs no accuracy.
        T head = T.Truncate(y * Of<T>(16)) / Of<T>(16);
        T exponential = T.Exp(-head * head) * T.Exp(-(y - head) * (y + head));
        if (y <= Of<T>(4))
        {
            return exponential * Ratio(y, C, D);
        }

        T z = T.One / (y * y);
        T correction = z * Ratio(z, P, Q);
        return exponential * (Of<T>(1 / Math.Sqrt(Math.PI)) - correction) / y;
    }

    /// <summary>Cody's quotient: the last numerator coefficient leads, the denominator is monic.</summary>
    private static T Ratio<T>(T x, ReadOnlySpan<double> numerator, ReadOnlySpan<double> denominator)
        where T : IFloatingPointIeee754<T>
    {
        T top = Of<T>(numerator[^1]) * x, bottom = x;
        for (int i = 0; i < denominator.Length - 1; i++)
        {
            top = (top + Of<T>(numerator[i])) * x;
            bottom = (bottom + Of<T>(denominator[i])) * x;
        }

        return (top + Of<T>(numerator[^2])) / (bottom + Of<T>(denominator[^1]));
    }

    private static T Of<T>(double value)
        where T : IFloatingPointIeee754<T> => T.CreateChecked(value);
}
