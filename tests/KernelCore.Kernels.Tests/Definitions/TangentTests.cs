using KernelCore.Kernels.Definitions;
using static KernelCore.Kernels.Tests.FiniteDifference;

namespace KernelCore.Kernels.Tests;

/// <summary>Every tangent definition is the derivative of its layer rule when all operands move at once.</summary>
public sealed class TangentTests
{
    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ActivationGradient(ActivationKind kind)
    {
        const double rx = 0.7, gy = 1.3, rgy = -0.4, slope = 0.1;
        foreach (double x in (double[])[-6.1, -2.3, -0.7, -0.01, 0.02, 0.4, 1.9, 5.3])
        {
            double tangent = ActivationTangent.Gradient(kind, slope, x, Activation.Value(kind, slope, x), rx, gy, rgy);
            CheckAlong(t => [Activation.Gradient(kind, slope, x + (t * rx), Activation.Value(kind, slope, x + (t * rx)), gy + (t * rgy))], [tangent]);
        }
    }

    [Fact]
    public void ScaleAndShift()
    {
        var layout = new ChannelLayout(2, 3, 4);
        double[] x = Normal(1, 24), rx = Normal(2, 24), gamma = Normal(3, 3), rgamma = Normal(4, 3), beta = Normal(5, 3), rbeta = Normal(6, 3), ry = new double[24];
        ScaleShiftTangent.Forward<double>(layout, x, rx, gamma, rgamma, rbeta, ry);
        CheckAlong(t => Result(24, y => ScaleShift.Forward<double>(layout, Moved(x, rx, t), Moved(gamma, rgamma, t), Moved(beta, rbeta, t), y)), ry);
    }

    [Fact]
    public void SegmentNorm()
    {
        double[] x = Normal(1, 21), rx = Normal(2, 21), gn = Normal(3, 21), rgn = Normal(4, 21);
        double[] hat = new double[21], inverse = new double[3], rhat = new double[21], projection = new double[3], rgx = new double[21];
        SegmentNormalization.Forward<double>(3, 7, 1e-3, x, hat, inverse);
        SegmentNormalizationTangent.Forward<double>(3, 7, hat, inverse, rx, rhat, projection);
        SegmentNormalizationTangent.Gradient<double>(3, 7, hat, inverse, rhat, projection, gn, rgn, rgx);
        CheckAlong(t => Result(21, y => SegmentNormalization.Forward<double>(3, 7, 1e-3, Moved(x, rx, t), y, new double[3])), rhat);
        CheckAlong(
            t => Result(3, r => SegmentNormalization.Forward<double>(3, 7, 1e-3, Moved(x, rx, t), new double[21], r)),
            [.. inverse.Zip(projection, (r, q) => -r * r * q)]);
        CheckAlong(
            t => Result(21, gx =>
            {
                double[] movedHat = new double[21], movedInverse = new double[3];
                SegmentNormalization.Forward<double>(3, 7, 1e-3, Moved(x, rx, t), movedHat, movedInverse);
                SegmentNormalization.Gradient<double>(3, 7, movedHat, movedInverse, Moved(gn, rgn, t), gx);
            }),
            rgx);
    }

    [Fact]
    public void MaximumPooling()
    {
        var g = new PoolGeometry(5, 4, 3, 2, 2, 1, 1, 1, 3, 5);
        double[] x = Normal(1, 40), rx = Normal(2, 40), ry = new double[30];
        var argmax = new int[30];
        MaxPool.Forward<double>(g, 2, x, new double[30], argmax);
        MaxPoolTangent.Forward<double>(g, 2, argmax, rx, ry);
        CheckAlong(t => Result(30, y => MaxPool.Forward<double>(g, 2, Moved(x, rx, t), y, new int[30])), ry);
    }

    [Fact]
    public void EmbeddingWithPadding()
    {
        var ry = new double[6];
        EmbeddingTangent.Forward<double>([2, 0, 1], 0, 2, [1, 2, 3, 4, 5, 6], ry);
        Assert.Equal([5, 6, 0, 0, 3, 4], ry);
    }

    [Fact]
    public void SelfAttention()
    {
        var g = new AttentionGeometry(2, 3, 2, 2);
        double[] qkv = Normal(1, 72), rqkv = Normal(2, 72), gy = Normal(3, 24), rgy = Normal(4, 24);
        double[] p = new double[36], rp = new double[36], ry = new double[24], rgradient = new double[72];
        Attention.Forward<double>(g, qkv, p, new double[24]);
        AttentionTangent.Forward<double>(g, qkv, p, rqkv, rp, ry);
        AttentionTangent.Gradient<double>(g, qkv, p, rqkv, rp, gy, rgy, rgradient);
        CheckAlong(t => Result(36, moved => Attention.Forward<double>(g, Moved(qkv, rqkv, t), moved, new double[24])), rp);
        CheckAlong(t => Result(24, y => Attention.Forward<double>(g, Moved(qkv, rqkv, t), new double[36], y)), ry);
        CheckAlong(
            t => Result(72, gradient =>
            {
                var moved = new double[36];
                Attention.Forward<double>(g, Moved(qkv, rqkv, t), moved, new double[24]);
                Attention.Gradient<double>(g, Moved(qkv, rqkv, t), moved, Moved(gy, rgy, t), gradient);
            }),
            rgradient);
    }

    [Fact]
    public void CrossEntropyWithSoftLabels()
    {
        double[] s = Normal(1, 7), r = Normal(2, 7), targets = [.. Normal(3, 7).Select(Math.Abs)], curvature = new double[7];
        CrossEntropyCurvature.Row<double>(s, targets.Sum(), 1.7, r, curvature);
        CheckAlong(t => Result(7, cotangent => CrossEntropy.Row<double>(Moved(s, r, t), targets, 1.7, cotangent)), curvature);
    }

    /// <summary>Fails unless the derivative of f at 0 is right: error h^2/6 |f'''| + u |f| / h, both near 1e-10 here.</summary>
    private static void CheckAlong(Func<double, double[]> f, double[] derivative)
    {
        const double step = 1e-5;
        double[] up = f(step), down = f(-step);
        Assert.Equal(up.Length, derivative.Length);
        for (int i = 0; i < up.Length; i++)
        {
            double expected = (up[i] - down[i]) / (2 * step);
            Assert.True(Math.Abs(expected - derivative[i]) <= 1e-8 * (1 + Math.Abs(expected)), $"[{i}]: difference {expected:R}, tangent {derivative[i]:R}");
        }
    }

    private static double[] Moved(double[] x, double[] direction, double step) => [.. x.Zip(direction, (a, b) => a + (step * b))];

    private static double[] Result(int count, Action<double[]> write)
    {
        var result = new double[count];
        write(result);
        return result;
    }
}
