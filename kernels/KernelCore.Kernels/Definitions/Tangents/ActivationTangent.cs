using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.ActivationGradient"/>.</summary>
public static class ActivationTangent
{
    /// <summary>rgy f'(x) + gy f''(x) rx; y is f(x).</summary>
    public static T Gradient<T>(ActivationKind kind, T slope, T x, T y, T rx, T gy, T rgy)
        where T : IFloatingPointIeee754<T> => kind is ActivationKind.Relu or ActivationKind.LeakyRelu
            ? Activation.Gradient(kind, slope, x, y, rgy)
            : Activation.Gradient(kind, slope, x, y, rgy) + (gy * SecondDerivative(kind, x, y) * rx);

    /// <summary>f''(x); y is f(x). 0 at the kink of a rectifier.</summary>
    public static T SecondDerivative<T>(ActivationKind kind, T x, T y)
        where T : IFloatingPointIeee754<T>
    {
        T two = T.One + T.One, s = Elementary.Sigmoid(x), slope = s * Elementary.Sigmoid(-x);
        switch (kind)
        {
            case ActivationKind.Relu:
            case ActivationKind.LeakyRelu:
                return T.Zero;
            case ActivationKind.Gelu:
                return T.Exp(-x * x / two) / T.Sqrt(two * T.Pi) * (two - (x * x));
            case ActivationKind.GeluTanh:
                return GeluTanh(x);
            case ActivationKind.Silu:
                return slope * (two + (x * (T.One - (two * s))));
            case ActivationKind.Tanh:
                return -two * y * (T.One - y) * (T.One + y);
            case ActivationKind.Sigmoid:
                return y * (T.One - y) * (T.One - (two * y));
            case ActivationKind.Softplus:
                return slope;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>With f = x s(w), w = a x + b x^3: f'' = 2 s'(w) w' + x (s''(w) w'^2 + s'(w) w'').</summary>
    private static T GeluTanh<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T two = Of<T>(2), a = two * T.Sqrt(two / T.Pi), b = a * Of<T>(0.044715);
        T w = (a * x) + (b * x * x * x), first = a + (Of<T>(3) * b * x * x), second = Of<T>(6) * b * x;
        T s = Elementary.Sigmoid(w), slope = s * Elementary.Sigmoid(-w);
        return slope * ((two * first) + (x * (((T.One - (two * s)) * first * first) + second)));
    }

    private static T Of<T>(double value)
        where T : IFloatingPointIeee754<T> => T.CreateChecked(value);
}
