using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.Activation"/>.</summary>
public static class Activation
{
    /// <summary>f(x).</summary>
    public static T Value<T>(ActivationKind kind, T slope, T x)
        where T : IFloatingPointIeee754<T> => kind switch
        {
            ActivationKind.Relu => x <= T.Zero ? T.Zero : x,
            ActivationKind.LeakyRelu => x > T.Zero ? x : slope * x,
            ActivationKind.Gelu => x * NormalDistribution(x),
            ActivationKind.GeluTanh => x * Elementary.Sigmoid(Of<T>(2) * TanhArgument(x)),
            ActivationKind.Silu => x * Elementary.Sigmoid(x),
            ActivationKind.Tanh => T.Tanh(x),
            ActivationKind.Sigmoid => Elementary.Sigmoid(x),
            ActivationKind.Softplus => T.Max(x, T.Zero) + Elementary.LogOnePlus(T.Exp(-T.Abs(x))),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    /// <summary>gy f'(x); y is f(x).</summary>
    /// <remarks>The rectifier selects 0 where x is at most 0, whatever gy is.</remarks>
    public static T Gradient<T>(ActivationKind kind, T slope, T x, T y, T gy)
        where T : IFloatingPointIeee754<T> => kind switch
        {
            ActivationKind.Relu => x <= T.Zero ? T.Zero : gy,
            ActivationKind.LeakyRelu => x > T.Zero ? gy : slope * gy,
            ActivationKind.Gelu => gy * (NormalDistribution(x) + (x * T.Exp(-x * x / Of<T>(2)) / T.Sqrt(Of<T>(2) * T.Pi))),
            ActivationKind.GeluTanh => gy * GeluTanhDerivative(x),
            ActivationKind.Silu => gy * (Elementary.Sigmoid(x) + (x * SigmoidDerivative(x))),
            ActivationKind.Tanh => gy * (T.One - y) * (T.One + y),
            ActivationKind.Sigmoid => gy * y * (T.One - y),
            ActivationKind.Softplus => gy * Elementary.Sigmoid(x),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };

    private static T NormalDistribution<T>(T x)
        where T : IFloatingPointIeee754<T> => ErrorFunction.Erfc(-x / T.Sqrt(Of<T>(2))) / Of<T>(2);

    private static T TanhArgument<T>(T x)
        where T : IFloatingPointIeee754<T> => T.Sqrt(Of<T>(2) / T.Pi) * (x + (Of<T>(0.044715) * x * x * x));

    private static T SigmoidDerivative<T>(T x)
        where T : IFloatingPointIeee754<T> => Elementary.Sigmoid(x) * Elementary.Sigmoid(-x);

    private static T GeluTanhDerivative<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T twice = Of<T>(2) * TanhArgument(x);
        T slope = Of<T>(2) * T.Sqrt(Of<T>(2) / T.Pi) * (T.One + (Of<T>(3 * 0.044715) * x * x));
        return Elementary.Sigmoid(twice) + (x * (SigmoidDerivative(twice) * slope));
    }

    private static T Of<T>(double value)
        where T : IFloatingPointIeee754<T> => T.CreateChecked(value);
}
