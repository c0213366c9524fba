using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions.Activation;

namespace KernelCore.Conformance;

/// <summary>Elementwise non-linearities against their definition in double.</summary>
public abstract class ActivationConformance : ConformanceSuite
{
    private const float Slope = 0.01f;
    private static readonly float[] Special =
    [
        0f, -0f, 1e-30f, -1e-30f, 1e-42f, 0.625f, -0.625f, 1f, -1f, 5f, -5f, 9.1f, -9.1f, 13.9f, -14.6f, 17f, -17f, 87f, -87f, 88.8f, -88.8f,
        -103.5f, 104.5f, -104.5f, 1e4f, -1e4f, 1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ValuesMatchTheDefinitionAtEveryLength(ActivationKind kind)
    {
        for (int length = 0; length <= 67; length++)
        {
            CheckValues(kind, TestNumbers.Normal(1, length));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ValuesMatchTheDefinitionOnTheWholeAxis(ActivationKind kind)
    {
        CheckValues(kind, Axis());
        CheckValues(kind, Special);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GradientsMatchTheDefinitionAtEveryLength(ActivationKind kind)
    {
        for (int length = 0; length <= 67; length++)
        {
            CheckGradients(kind, TestNumbers.Normal(1, length));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GradientsMatchTheDefinitionOnTheWholeAxis(ActivationKind kind)
    {
        CheckGradients(kind, Axis());
        CheckGradients(kind, Special);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WorksInPlace(ActivationKind kind)
    {
        using Tensor x = Normal(1, 1031), y = Device.Allocate([1031]), g = Normal(2, 1031), gx = Device.Allocate([1031]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        Device.Kernels.Layers.ActivationGradient(kind, Slope, x, y, g, gx);
        Device.Kernels.Layers.ActivationGradient(kind, Slope, x, y, g, g);
        Assert.Equal(gx.ToArray(), g.ToArray());
        Device.Kernels.Layers.Activation(kind, Slope, x, x);
        Assert.Equal(y.ToArray(), x.ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AlignmentAndPositionDoNotMatter(ActivationKind kind)
    {
        using Tensor x = Normal(1, 131), y = Device.Allocate([131]), shifted = Device.Allocate([131]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        for (int offset = 1; offset < 67; offset++)
        {
            Device.Kernels.Layers.Activation(kind, Slope, x.View(offset, [131 - offset]), shifted.View(offset, [131 - offset]));
            Assert.Equal(y.ToArray()[offset..], shifted.ToArray()[offset..]);
        }
    }

    private void CheckValues(ActivationKind kind, float[] values)
    {
        using Tensor x = Device.Allocate([values.Length], values), y = Device.Allocate([values.Length]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        double[] expected = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            expected[i] = Reference.Value<double>(kind, Slope, values[i]);
        }

        AssertNumbers.Within(expected, y.ToArray(), i => ValueBound(kind, values[i], expected[i]), kind.ToString());
    }

    private void CheckGradients(ActivationKind kind, float[] values)
    {
        int n = values.Length;
        using Tensor x = Device.Allocate([n], values), y = Device.Allocate([n]), gy = Normal(2, n), gx = Device.Allocate([n]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        Device.Kernels.Layers.ActivationGradient(kind, Slope, x, y, gy, gx);
        float[] outputs = y.ToArray(), cotangents = gy.ToArray();
        double[] expected = new double[n];
        for (int i = 0; i < n; i++)
        {
            expected[i] = Reference.Gradient<double>(kind, Slope, values[i], outputs[i], cotangents[i]);
        }

        AssertNumbers.Within(expected, gx.ToArray(), i => Math.Abs(cotangents[i]) * DerivativeBound(kind, values[i], outputs[i]), kind + " gradient");
    }

    /// <summary>
    /// Relative error of a few roundings; where an exponential of a rounded argument v is involved, |v| u more of the
    /// term it multiplies; and the spacing of subnormal floats.
    /// </summary>
    private static double ValueBound(ActivationKind kind, double x, double f) => Floor(x) + kind switch
    {
        ActivationKind.Relu => 0,
        ActivationKind.LeakyRelu => TestNumbers.Gamma(1) * Math.Abs(f),
        ActivationKind.Gelu => TestNumbers.Gamma(8) * (1 + (x * x / 2)) * Math.Abs(f),
        ActivationKind.GeluTanh => TestNumbers.Gamma(8) * (1 + Exponent(x)) * Math.Abs(f),
        _ => TestNumbers.Gamma(8) * Math.Abs(f),
    };

    /// <summary>Absolute error of f'.</summary>
    internal static double DerivativeBound(ActivationKind kind, double x, double y)
    {
        double density = Math.Exp(-x * x / 2), sigmoid = 1 / (1 + Math.Exp(-x));
        return Floor(x) + kind switch
        {
            ActivationKind.Relu => 0,
            ActivationKind.LeakyRelu => TestNumbers.Gamma(1),
            ActivationKind.Gelu => TestNumbers.Gamma(10) * (1 + Math.Abs(x * (1 + (x * x / 2)) * density)),
            ActivationKind.GeluTanh => TestNumbers.Gamma(10) * (1 + (Exponent(x) * Exponent(x) * Math.Exp(-Math.Min(700, Exponent(x))))),
            ActivationKind.Silu => TestNumbers.Gamma(10) * (sigmoid + Math.Abs(x * sigmoid * (1 - sigmoid))),
            _ => TestNumbers.Gamma(8),
        };
    }

    /// <summary>|2u| of the tanh form, capped where its exponential is 0.</summary>
    internal static double Exponent(double x) => Math.Min(1e3, Math.Abs(1.5957691216 * (x + (0.044715 * x * x * x))));

    private static double Floor(double x) => double.IsFinite(x) ? 4 * float.Epsilon * (1 + Math.Min(1e3, Math.Abs(x))) : 0;

    private static float[] Axis()
    {
        var values = new float[40_011];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (i - 20_000) * 0.001f + ((i % 7) * 1e-5f);
        }

        return values;
    }
}
