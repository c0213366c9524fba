using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Tangents of self-attention and its gradient against the definitions in double.</summary>
public abstract class AttentionTangentConformance : ConformanceSuite
{
    public static TheoryData<int, int, int, int> Shapes => AttentionConformance.Shapes;

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Forward(int batch, int tokens, int heads, int size)
    {
        var g = new AttentionGeometry(batch, tokens, heads, size);
        using Inputs t = new(this, g);
        Device.Kernels.Tangents.Attention(g, t.Qkv, t.P, t.Rqkv, t.Rp, t.Ry);
        double[] p = DoubleArrays.Widen(t.P), rp = new double[p.Length], ry = new double[t.Ry.Count];
        AttentionTangent.Forward<double>(g, DoubleArrays.Widen(t.Qkv), p, DoubleArrays.Widen(t.Rqkv), rp, ry);

        // A score's tangent has 2 size products below 25, scaled; p times it and its mean are at most p times twice that.
        double score = 50 * Math.Sqrt(size), error = TestNumbers.Gamma((2 * size) + 8) * 2 * score;
        AssertNumbers.Within(rp, t.Rp.ToArray(), i => error * p[i], "rP");
        AssertNumbers.Within(ry, t.Ry.ToArray(), _ => 5 * (error + (TestNumbers.Gamma(2 * tokens) * ((2 * score) + 1))), "rY");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradient(int batch, int tokens, int heads, int size)
    {
        var g = new AttentionGeometry(batch, tokens, heads, size);
        using Inputs t = new(this, g);
        t.Rgqkv.Fill(float.NaN);
        Device.Kernels.Tangents.Attention(g, t.Qkv, t.P, t.Rqkv, t.Rp, t.Ry);
        Device.Kernels.Tangents.AttentionGradient(g, t.Qkv, t.P, t.Rqkv, t.Rp, t.Gy, t.Rgy, t.Rgqkv);
        double[] qkv = DoubleArrays.Widen(t.Qkv), p = DoubleArrays.Widen(t.P), rqkv = DoubleArrays.Widen(t.Rqkv), rp = DoubleArrays.Widen(t.Rp);
        double[] gy = DoubleArrays.Widen(t.Gy), rgy = DoubleArrays.Widen(t.Rgy), expected = new double[qkv.Length];
        AttentionTangent.Gradient<double>(g, qkv, p, rqkv, rp, gy, rgy, expected);

        double[] size0 = Magnitudes(g, Absolute(qkv), p, Absolute(rqkv), Absolute(rp), Absolute(gy), Absolute(rgy));
        AssertNumbers.Within(expected, t.Rgqkv.ToArray(), i => TestNumbers.Gamma((3 * size) + (4 * tokens) + 10) * size0[i], "rgqkv");
    }

    private static double[] Absolute(double[] values) => Array.ConvertAll(values, Math.Abs);

    /// <summary>The sums of the absolute values of all products that an element of the result is made of.</summary>
    private static double[] Magnitudes(AttentionGeometry g, double[] qkv, double[] p, double[] rqkv, double[] rp, double[] gy, double[] rgy)
    {
        var result = new double[qkv.Length];
        double scale = 1 / Math.Sqrt(g.HeadSize);
        double[] gp = new double[g.Tokens], rgp = new double[g.Tokens];
        for (int head = 0; head < g.Batch * g.Heads; head++)
        {
            for (int i = 0; i < g.Tokens; i++)
            {
                int row = ((head * g.Tokens) + i) * g.Tokens, output = (((head / g.Heads * g.Tokens) + i) * g.Width) + (head % g.Heads * g.HeadSize);
                double mean = 0, rmean = 0;
                for (int j = 0; j < g.Tokens; j++)
                {
                    gp[j] = rgp[j] = 0;
                    for (int d = 0; d < g.HeadSize; d++)
                    {
                        int value = Packed(g, head, j, 2) + d;
                        gp[j] += gy[output + d] * qkv[value];
                        rgp[j] += (rgy[output + d] * qkv[value]) + (gy[output + d] * rqkv[value]);
                        result[value] += (rp[row + j] * gy[output + d]) + (p[row + j] * rgy[output + d]);
                    }

                    mean += p[row + j] * gp[j];
                    rmean += (rp[row + j] * gp[j]) + (p[row + j] * rgp[j]);
                }

                for (int j = 0; j < g.Tokens; j++)
                {
                    double gs = scale * p[row + j] * (gp[j] + mean), rgs = scale * ((rp[row + j] * (gp[j] + mean)) + (p[row + j] * (rgp[j] + rmean)));
                    for (int d = 0; d < g.HeadSize; d++)
                    {
                        int query = Packed(g, head, i, 0) + d, key = Packed(g, head, j, 1) + d;
                        result[query] += (rgs * qkv[key]) + (gs * rqkv[key]);
                        result[key] += (rgs * qkv[query]) + (gs * rqkv[query]);
                    }
                }
            }
        }

        return result;
    }

    private static int Packed(AttentionGeometry g, int head, int token, int part) =>
        (((((head / g.Heads * g.Tokens) + token) * 3) + part) * g.Width) + (head % g.Heads * g.HeadSize);

    /// <summary>Operands of one shape, with the probabilities computed.</summary>
    private sealed class Inputs : IDisposable
    {
        public Inputs(AttentionTangentConformance suite, AttentionGeometry g)
        {
            Device device = suite.Device;
            Shape packed = [g.Batch, g.Tokens, 3 * g.Width], mixed = [g.Batch, g.Tokens, g.Width], square = [g.Batch, g.Heads, g.Tokens, g.Tokens];
            (Qkv, Rqkv) = (suite.Normal(11, g.Batch, g.Tokens, 3 * g.Width), suite.Normal(12, g.Batch, g.Tokens, 3 * g.Width));
            (Gy, Rgy) = (suite.Normal(13, g.Batch, g.Tokens, g.Width), suite.Normal(14, g.Batch, g.Tokens, g.Width));
            (P, Rp, Ry, Rgqkv) = (device.Allocate(square), device.Allocate(square), device.Allocate(mixed), device.Allocate(packed));
            device.Kernels.Layers.Attention(g, Qkv, P, Ry);
        }

        public Tensor Qkv { get; }

        public Tensor Rqkv { get; }

        public Tensor Gy { get; }

        public Tensor Rgy { get; }

        public Tensor P { get; }

        public Tensor Rp { get; }

        public Tensor Ry { get; }

        public Tensor Rgqkv { get; }

        public void Dispose() => Array.ForEach([Qkv, Rqkv, Gy, Rgy, P, Rp, Ry, Rgqkv], t => t.Dispose());
    }
}
