using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Tangents of activation gradients against their definition in double.</summary>
public abstract class ActivationTangentConformance : ConformanceSuite
{
    private const float Slope = 0.01f;

    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void MatchesTheDefinitionAtEveryLength(ActivationKind kind)
    {
        for (int length = 0; length <= 67; length++)
        {
            Check(kind, TestNumbers.Normal(1, length));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void MatchesTheDefinitionOnTheWholeAxis(ActivationKind kind)
    {
        float[] axis = [.. Enumerable.Range(-20_000, 40_011).Select(i => (i * 0.001f) + (i % 7 * 1e-5f)), 0f, -0f, 1e-30f, 87f, -87f, 1e4f, -1e4f];
        Check(kind, axis);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WorksInPlaceAndIsFlatFarOut(ActivationKind kind)
    {
        float[] values = [.. TestNumbers.Normal(1, 1029), 1e30f, -1e30f];
        using Tensor x = Device.Allocate([1031], values), y = Device.Allocate([1031]), rx = Normal(2, 1031), gy = Normal(3, 1031);
        using Tensor rgy = Normal(4, 1031), rgx = Device.Allocate([1031]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        Device.Kernels.Tangents.ActivationGradient(kind, Slope, x, y, rx, gy, rgy, rgx);
        Assert.All(rgx.ToArray(), v => Assert.True(float.IsFinite(v)));
        Device.Kernels.Tangents.ActivationGradient(kind, Slope, x, y, rx, gy, rgy, rgy);
        Assert.Equal(rgx.ToArray(), rgy.ToArray());
    }

    private void Check(ActivationKind kind, float[] values)
    {
        int n = values.Length;
        using Tensor x = Device.Allocate([n], values), y = Device.Allocate([n]), rx = Normal(2, n), gy = Normal(3, n), rgy = Normal(4, n), rgx = Device.Allocate([n]);
        Device.Kernels.Layers.Activation(kind, Slope, x, y);
        Device.Kernels.Tangents.ActivationGradient(kind, Slope, x, y, rx, gy, rgy, rgx);
        double[] outputs = DoubleArrays.Widen(y), t = DoubleArrays.Widen(rx), g = DoubleArrays.Widen(gy), rg = DoubleArrays.Widen(rgy), expected = new double[n];
        for (int i = 0; i < n; i++)
        {
            expected[i] = ActivationTangent.Gradient(kind, Slope, values[i], outputs[i], t[i], g[i], rg[i]);
        }

        AssertNumbers.Within(expected, rgx.ToArray(), Bound, kind.ToString());

        // Two terms, each a product of factors with the errors of f' and f'', and the rounding of their sum.
        double Bound(int i)
        {
            double first = Math.Abs(Activation.Gradient<double>(kind, Slope, values[i], outputs[i], rg[i]));
            double bent = Math.Abs(g[i] * t[i]), second = bent * Math.Abs(ActivationTangent.SecondDerivative(kind, values[i], outputs[i]));
            return (Math.Abs(rg[i]) * ActivationConformance.DerivativeBound(kind, values[i], outputs[i]))
                + (bent * SecondBound(kind, values[i])) + (TestNumbers.Gamma(4) * (first + second)) + (4 * float.Epsilon);
        }
    }

    /// <summary>Absolute error of f'': a few roundings of the terms it is a sum of; an exponential of a rounded argument v adds |v| u.</summary>
    private static double SecondBound(ActivationKind kind, double x)
    {
        double density = Math.Exp(-x * x / 2), e = Math.Exp(-Math.Abs(x)), slope = e / ((1 + e) * (1 + e));
        double inner = 1.6 + (0.22 * x * x), w = ActivationConformance.Exponent(x), tail = Math.Exp(-w);
        return (8 * float.Epsilon * (1 + (x * x))) + kind switch
        {
            ActivationKind.Relu or ActivationKind.LeakyRelu => 0,
            ActivationKind.Gelu => TestNumbers.Gamma(12) * (1 + (x * x / 2)) * density * (2 + (x * x)),
            ActivationKind.GeluTanh => TestNumbers.Gamma(16) * (1 + w) * tail * ((2 * inner) + (Math.Abs(x) * ((inner * inner) + (0.43 * Math.Abs(x))))),
            ActivationKind.Silu => TestNumbers.Gamma(16) * slope * (2 + Math.Abs(x)),
            _ => TestNumbers.Gamma(12),
        };
    }
}
