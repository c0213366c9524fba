using System.Runtime.CompilerServices;

namespace KernelCore.Kernels;

/// <summary>First and second derivative of a smooth non-linearity.</summary>
internal interface IActivationDerivatives
{
    /// <summary>f'(x).</summary>
    /// <param name="x">Argument.</param>
    /// <param name="y">f(x).</param>
    /// <param name="second">f''(x).</param>
    static abstract T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>;
}

/// <summary>f' = Phi + x phi, f'' = phi (2 - x^2).</summary>
internal readonly struct GeluDerivatives : IActivationDerivatives
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>
    {
        T distribution = RealMath.NormalDistribution(x, out T density);

        // At 15 the density is 0; beyond, the square could overflow.
        T bounded = T.Max(T.Broadcast(-15f), T.Min(T.Broadcast(15f), x));
        second = density * T.MultiplyAdd(T.Broadcast(0f) - bounded, bounded, T.Broadcast(2f));
        return T.MultiplyAdd(x, density, distribution);
    }
}

/// <summary>With f = x s(w), w = a x + b x^3: f' = s + x s' w', f'' = s' (2 w' + x ((1 - 2 s) w'^2 + w'')).</summary>
internal readonly struct GeluTanhDerivatives : IActivationDerivatives
{
    private const float Linear = 1.59576912160573071f, Cubic = 0.0713548162726002528f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>
    {
        // At 12 the gate is 0 or 1 to the last bit and its slope 0; beyond, the cube could overflow.
        T bounded = T.Max(T.Broadcast(-12f), T.Min(T.Broadcast(12f), x)), square = bounded * bounded;
        T gate = RealMath.Sigmoid(bounded * T.MultiplyAdd(T.Broadcast(Cubic), square, T.Broadcast(Linear)), out T slope);
        T inner = T.MultiplyAdd(T.Broadcast(3 * Cubic), square, T.Broadcast(Linear));
        T bend = T.MultiplyAdd(Logistics.Bend(gate) * inner, inner, T.Broadcast(6 * Cubic) * bounded);
        second = slope * T.MultiplyAdd(bounded, bend, inner + inner);
        return T.MultiplyAdd(x, slope * inner, gate);
    }
}

/// <summary>f' = s + x s', f'' = s' (2 + x (1 - 2 s)).</summary>
internal readonly struct SiluDerivatives : IActivationDerivatives
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>
    {
        T sigmoid = RealMath.Sigmoid(x, out T slope);

        // At 104 the slope is 0; an infinite factor would turn it into NaN.
        T bounded = T.Max(T.Broadcast(-104f), T.Min(T.Broadcast(104f), x));
        second = slope * T.MultiplyAdd(bounded, Logistics.Bend(sigmoid), T.Broadcast(2f));
        return T.MultiplyAdd(x, slope, sigmoid);
    }
}

/// <summary>f' = (1 - y)(1 + y), f'' = -2 y f'.</summary>
internal readonly struct TanhDerivatives : IActivationDerivatives
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>
    {
        T first = (T.Broadcast(1f) - y) * (T.Broadcast(1f) + y);
        second = T.Broadcast(-2f) * y * first;
        return first;
    }
}

/// <summary>f' = y (1 - y), f'' = f' (1 - 2 y).</summary>
internal readonly struct LogisticDerivatives : IActivationDerivatives
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T>
    {
        T first = y * (T.Broadcast(1f) - y);
        second = first * Logistics.Bend(y);
        return first;
    }
}

/// <summary>f' = s, f'' = s'.</summary>
internal readonly struct SoftplusDerivatives : IActivationDerivatives
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T x, T y, out T second)
        where T : struct, IReal<T> => RealMath.Sigmoid(x, out second);
}

file static class Logistics
{
    /// <summary>s'' / s' = 1 - 2 s of a sigmoid s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Bend<T>(T sigmoid)
        where T : struct, IReal<T> => T.MultiplyAdd(T.Broadcast(-2f), sigmoid, T.Broadcast(1f));
}
