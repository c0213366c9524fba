using KernelCore.Kernels.Definitions;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>The error bounds that <see cref="RealMath"/> states, over all floats in steps of a prime number of them.</summary>
public sealed unsafe class RealMathTests
{
    /// <summary>Distance between the floats that are tried: about 43,000 of each sign, in every binade.</summary>
    private const int Step = 50_021;

    [Fact]
    public void Exp() => Check(x => Math.Exp(x), new Unary<ExpFunction>(), ulps: 2);

    [Fact]
    public void LogOnePlus() => Check(x => Elementary.LogOnePlus(Math.Min(Math.Abs(x), LogOnePlusFunction.Largest)), new Unary<LogOnePlusFunction>(), ulps: 3);

    [Fact]
    public void Sigmoid() => Check(Elementary.Sigmoid, new Unary<SigmoidFunction>(), ulps: 4);

    [Fact]
    public void SigmoidDerivative() => Check(x => Elementary.Sigmoid(x) * Elementary.Sigmoid(-x), new Unary<SigmoidDerivativeFunction>(), ulps: 6);

    [Fact]
    public void Tanh() => Check(Math.Tanh, new Unary<TanhFunction>(), ulps: 3);

    [Fact]
    public void Softplus() => Check(x => Activation.Value<double>(ActivationKind.Softplus, 0, x), new Unary<SoftplusFunction>(), ulps: 4);

    [Fact]
    public void NormalDistribution()
    {
        bool fused = System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported;
        Check(x => ErrorFunction.Erfc(-x / Math.Sqrt(2)) / 2, new Unary<NormalFunction>(), x => fused ? 6 : 6 + (x * x));
    }

    [Fact]
    public void NormalDensity()
    {
        bool fused = System.Runtime.Intrinsics.X86.Fma.IsSupported || System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported;
        Check(x => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI), new Unary<DensityFunction>(), x => fused ? 6 : 6 + (x * x));
    }

    private static void Check<TFunction>(Func<double, double> truth, Unary<TFunction> operation, double ulps)
        where TFunction : struct, IFunction => Check(truth, operation, _ => ulps);

    private static void Check<TFunction>(Func<double, double> truth, Unary<TFunction> operation, Func<double, double> ulps)
        where TFunction : struct, IFunction
    {
        var inputs = new List<float> { 0, -0f, float.PositiveInfinity, float.NegativeInfinity, float.NaN };
        for (long bits = 0; bits < 0x7F800000; bits += Step)
        {
            inputs.Add(BitConverter.Int32BitsToSingle((int)bits));
            inputs.Add(-BitConverter.Int32BitsToSingle((int)bits));
        }

        float[] x = [.. inputs], y = new float[x.Length];
        fixed (float* source = x, destination = y)
        {
            operation.X = source;
            operation.Y = destination;
            Elementwise.Run(0, x.Length, operation);
        }

        double worst = 0;
        float where = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double expected = truth(x[i]);
            if (double.IsNaN(expected) || Math.Abs(expected) > float.MaxValue)
            {
                Assert.Equal((float)expected, y[i]);
                continue;
            }

            double error = Math.Abs(y[i] - expected) / Ulp(expected) / ulps(x[i]);
            Assert.False(double.IsNaN(error), $"NaN at {x[i]}");
            (worst, where) = error > worst ? (error, x[i]) : (worst, where);
        }

        Assert.True(worst <= 1, $"error of {worst * ulps(where):F2} ulp at {where:R}, stated {ulps(where)}");
    }

    private static double Ulp(double value) => Math.Max(float.Epsilon, Math.ScaleB(1, (value == 0 ? -200 : Math.ILogB(value)) - 23));

    private interface IFunction
    {
        static abstract T Value<T>(T x)
            where T : struct, ILanes<T>;
    }

    private struct Unary<TFunction> : IElementwise
        where TFunction : struct, IFunction
    {
        public float* X, Y;

        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => TFunction.Value(TLanes.Load(X + i)).Store(Y + i);
    }

    private readonly struct ExpFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.Exp(x);
    }

    private readonly struct LogOnePlusFunction : IFunction
    {
        public const float Largest = 1e30f;

        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.LogOnePlus(T.Min(T.Broadcast(Largest), T.Abs(x)));
    }

    private readonly struct SigmoidFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.Sigmoid(x, out _);
    }

    private readonly struct SigmoidDerivativeFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T>
        {
            RealMath.Sigmoid(x, out T derivative);
            return derivative;
        }
    }

    private readonly struct TanhFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.Tanh(x);
    }

    private readonly struct SoftplusFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.Softplus(x);
    }

    private readonly struct NormalFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T> => RealMath.NormalDistribution(x, out _);
    }

    private readonly struct DensityFunction : IFunction
    {
        public static T Value<T>(T x)
            where T : struct, ILanes<T>
        {
            RealMath.NormalDistribution(x, out T density);
            return density;
        }
    }
}
