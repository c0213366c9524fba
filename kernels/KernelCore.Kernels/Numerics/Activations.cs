using System.Runtime.CompilerServices;

namespace KernelCore.Kernels;

/// <summary>A non-linearity, and the product of its derivative with the gradient of the output.</summary>
internal interface IActivation
{
    static abstract T Value<T>(T x, T slope)
        where T : struct, IReal<T>;

    static abstract T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T>;
}

/// <summary>max(x, 0). The gradient is selected, not multiplied, so an infinite gy does not turn into NaN.</summary>
internal readonly struct Relu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => T.Max(T.Broadcast(0f), x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T> => T.WhereLessOrEqual(x, T.Broadcast(0f), T.Broadcast(0f), gy);
}

/// <summary>x above 0, slope x elsewhere.</summary>
internal readonly struct LeakyRelu : IActivation
{
    // -x < 0 and not 0 < x: with the constant on the left, ILGPU takes NaN for more than 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => T.WhereLess(T.Broadcast(0f) - x, T.Broadcast(0f), x, slope * x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T> => T.WhereLess(T.Broadcast(0f) - x, T.Broadcast(0f), gy, slope * gy);
}

/// <summary>x Phi(x); derivative Phi(x) + x phi(x).</summary>
internal readonly struct Gelu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => x * RealMath.NormalDistribution(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T>
    {
        T distribution = RealMath.NormalDistribution(x, out T density);
        return gy * T.MultiplyAdd(x, density, distribution);
    }
}

/// <summary>x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3), because (1 + tanh u) / 2 = sigmoid(2u).</summary>
internal readonly struct GeluTanh : IActivation
{
    private const float Linear = 1.59576912160573071f, Cubic = 0.0713548162726002528f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => x * Gate(x, out _, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T>
    {
        T gate = Gate(x, out T gateDerivative, out T square);
        T inner = T.MultiplyAdd(T.Broadcast(3 * Cubic), square, T.Broadcast(Linear));
        return gy * T.MultiplyAdd(x, gateDerivative * inner, gate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Gate<T>(T x, out T derivative, out T square)
        where T : struct, IReal<T>
    {
        // At 12 the gate is 0 or 1 to the last bit and its derivative 0; beyond, the cube could overflow.
        T bounded = T.Max(T.Broadcast(-12f), T.Min(T.Broadcast(12f), x));
        square = bounded * bounded;
        return RealMath.Sigmoid(bounded * T.MultiplyAdd(T.Broadcast(Cubic), square, T.Broadcast(Linear)), out derivative);
    }
}

/// <summary>x sigmoid(x).</summary>
internal readonly struct Silu : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => x * RealMath.Sigmoid(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T>
    {
        T sigmoid = RealMath.Sigmoid(x, out T derivative);
        return gy * T.MultiplyAdd(x, derivative, sigmoid);
    }
}

/// <summary>tanh x; derivative 1 - y^2 from the output, as (1 - y)(1 + y).</summary>
internal readonly struct HyperbolicTangent : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => RealMath.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T> => gy * ((T.Broadcast(1f) - y) * (T.Broadcast(1f) + y));
}

/// <summary>1 / (1 + e^-x); derivative y (1 - y) from the output.</summary>
internal readonly struct Logistic : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => RealMath.Sigmoid(x, out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T> => gy * (y * (T.Broadcast(1f) - y));
}

/// <summary>log(1 + e^x); derivative sigmoid(x).</summary>
internal readonly struct Softplus : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Value<T>(T x, T slope)
        where T : struct, IReal<T> => RealMath.Softplus(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Gradient<T>(T x, T y, T gy, T slope)
        where T : struct, IReal<T> => gy * RealMath.Sigmoid(x, out _);
}
