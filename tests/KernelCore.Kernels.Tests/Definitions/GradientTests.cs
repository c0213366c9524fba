using KernelCore.Kernels.Definitions;
using static KernelCore.Kernels.Tests.FiniteDifference;

namespace KernelCore.Kernels.Tests;

/// <summary>Every gradient definition is the derivative of its forward definition, contracted with a fixed cotangent.</summary>
public sealed class GradientTests
{
    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Activations(ActivationKind kind)
    {
        double[] x = [-6.1, -2.3, -0.7, -0.01, 0.02, 0.4, 1.9, 5.3];
        foreach (double value in x)
        {
            double y = Activation.Value(kind, 0.1, value);
            Check(p => 1.3 * Activation.Value(kind, 0.1, p[0]), [value], [Activation.Gradient(kind, 0.1, value, y, 1.3)]);
        }
    }

    [Fact]
    public void MaximumPooling()
    {
        var g = new PoolGeometry(5, 4, 3, 2, 2, 1, 1, 1, 3, 5);
        double[] x = Normal(1, 40), gy = Normal(2, 30), y = new double[30], gx = new double[40];
        var argmax = new int[30];
        MaxPool.Forward<double>(g, 2, x, y, argmax);
        MaxPool.Gradient<double>(g, 2, argmax, gy, gx);
        Check(p => Through(p, 30, (a, b) => MaxPool.Forward<double>(g, 2, a, b, new int[30]), gy), x, gx);
    }

    [Fact]
    public void AveragePooling()
    {
        var g = new PoolGeometry(5, 4, 3, 2, 2, 1, 1, 1, 3, 5);
        double[] x = Normal(1, 40), gy = Normal(2, 30), gx = new double[40];
        AveragePool.Gradient<double>(g, 2, gy, gx);
        Check(p => Through(p, 30, (a, b) => AveragePool.Forward<double>(g, 2, a, b), gy), x, gx);
    }

    [Fact]
    public void Mean()
    {
        var layout = new ChannelLayout(2, 5, 3);
        double[] x = Normal(1, 30), gy = Normal(2, 6), gx = new double[30];
        ChannelMean.Gradient<double>(layout, gy, gx);
        Check(p => Through(p, 6, (a, b) => ChannelMean.Forward<double>(layout, a, b), gy), x, gx);
    }

    [Fact]
    public void SegmentNorm()
    {
        double[] x = Normal(1, 21), gn = Normal(2, 21), hat = new double[21], inverse = new double[3], gx = new double[21];
        SegmentNormalization.Forward<double>(3, 7, 1e-3, x, hat, inverse);
        SegmentNormalization.Gradient<double>(3, 7, hat, inverse, gn, gx);
        Check(p => Through(p, 21, (a, b) => SegmentNormalization.Forward<double>(3, 7, 1e-3, a, b, new double[3]), gn), x, gx);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ChannelNorm(bool batchStatistics)
    {
        var layout = new ChannelLayout(4, 2, 3);
        double[] x = Normal(1, 24), gn = Normal(2, 24), hat = new double[24], inverse = new double[2], gx = new double[24], mean = new double[2], variance = new double[2];
        ChannelNormalization.Statistics<double>(layout, x, mean, variance);
        ChannelNormalization.Forward<double>(layout, 1e-3, x, mean, variance, hat, inverse);
        ChannelNormalization.Gradient<double>(layout, batchStatistics, hat, inverse, gn, gx);
        Check(p => Through(p, 24, Forward, gn), x, gx);

        void Forward(double[] input, double[] output)
        {
            double[] m = [.. mean], v = [.. variance];
            if (batchStatistics)
            {
                ChannelNormalization.Statistics<double>(layout, input, m, v);
            }

            ChannelNormalization.Forward<double>(layout, 1e-3, input, m, v, output, new double[2]);
        }
    }

    [Fact]
    public void SelfAttention()
    {
        var g = new AttentionGeometry(2, 3, 2, 2);
        double[] qkv = Normal(1, 72), gy = Normal(2, 24), p = new double[36], y = new double[24], gradient = new double[72];
        Attention.Forward<double>(g, qkv, p, y);
        Attention.Gradient<double>(g, qkv, p, gy, gradient);
        Check(x => Through(x, 24, (a, b) => Attention.Forward<double>(g, a, new double[36], b), gy), qkv, gradient);
    }

    [Fact]
    public void Losses()
    {
        double[] s = Normal(1, 7), t = [.. Normal(2, 7).Select(Math.Abs)], cotangent = new double[7], unused = new double[7];
        CrossEntropy.Row<double>(s, t, 1.7, cotangent);
        Check(p => 1.7 * CrossEntropy.Row<double>(p, t, 1, unused), s, cotangent);
        SquaredError.Row<double>(s, t, 1.7, cotangent);
        Check(p => 1.7 * SquaredError.Row<double>(p, t, 1, unused), s, cotangent);
    }

    private static double Through(double[] x, int outputs, Action<double[], double[]> forward, double[] cotangent)
    {
        var y = new double[outputs];
        forward(x, y);
        return Dot(y, cotangent);
    }
}
