using KernelCore.Conformance;
using KernelCore.Files;
using KernelCore.Models;

namespace KernelCore.Kernels.Ilgpu.Tests.Precision;

/// <summary>Plain products in a precision of tensor cores.</summary>
public abstract class TensorGemmSuite : ConformanceSuite
{
    // Around the extents of fragments (8, 16), of what a warp has (16, 32), of tiles (32, 64) and of slabs (32, 64 terms); some loaded in words of 16 bytes,
    // along rows, columns or both; the last in parts of the depth.
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 7, 9, 8 }, { 15, 31, 7 }, { 16, 32, 9 }, { 17, 33, 16 }, { 32, 31, 17 }, { 33, 32, 31 }, { 31, 65, 32 },
        { 65, 63, 33 }, { 63, 64, 63 }, { 64, 4, 64 }, { 1, 64, 65 }, { 36, 68, 72 }, { 5, 3, 300 }, { 5, 3, 521 },
    };

    /// <summary>What products work in.</summary>
    protected abstract TensorFormat Format { get; }

    protected override Func<Device> Open => TestDevices.With(Format.Name);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Only_the_factors_are_rounded(int m, int n, int k)
    {
        Check(m, n, k, transposeA: false, transposeB: true, alpha: 1, beta: 0, withBias: false);
        Check(m, n, k, transposeA: true, transposeB: false, alpha: -0.75f, beta: 0.5f, withBias: true);
    }

    [Fact]
    public void Every_transposition_with_scalars_and_bias()
    {
        foreach ((bool a, bool b) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            Check(34, 35, 19, a, b, alpha: 0.3f, beta: 0, withBias: true);
            Check(34, 35, 19, a, b, alpha: 1, beta: 1, withBias: false);
        }
    }

    [Fact]
    public void Nothing_is_summed_where_there_are_no_terms()
    {
        using Tensor none = Device.Allocate([0]), c = Normal(3, 5, 7);
        float[] old = c.ToArray();
        Device.Kernels.LinearAlgebra.Gemm(false, false, float.NaN, new Matrix(none, 5, 0), new Matrix(none, 0, 7), 2, Matrix.Of(c));
        Assert.Equal(old.Select(value => 2 * value), c.ToArray());
    }

    /// <summary>A product with 1 is the other factor as it is rounded: ties in both directions, either side of a power of two, zeros of both signs and what is not finite.</summary>
    [Fact]
    public void Factors_are_rounded_by_the_definition_of_the_format()
    {
        float last = MathF.ScaleB(1, 1 - Format.Bits), tiny = MathF.ScaleB(1, -23);
        float[] special =
        [
            1, 1 + (last / 2), 1 + (last / 2) + tiny, 1 + (last / 2) - tiny, 1 + last, 1 + (1.5f * last), 1 + (1.5f * last) - tiny, 2 - tiny, 2 - (last / 2), 2 - last,
            0, -0.0f, 3e-38f, 3e38f, float.MaxValue, float.PositiveInfinity, float.NaN, BitConverter.Int32BitsToSingle(0x7fffffff), BitConverter.Int32BitsToSingle(0x7f800001),
        ];
        float[] values = [.. special, .. special.Select(value => -value), .. TestNumbers.Normal(1, 100)];
        float[] expected = [.. values.Select(Format.Round)];
        using Tensor x = Device.Allocate([values.Length], values), one = Device.Allocate([1], [1]), y = Device.Allocate([values.Length]);
        Device.Kernels.LinearAlgebra.Gemm(false, false, 1, new Matrix(x, values.Length, 1), new Matrix(one, 1, 1), 0, new Matrix(y, values.Length, 1));
        Assert.Equal(expected, y.ToArray());
        Device.Kernels.LinearAlgebra.Gemm(false, false, 1, new Matrix(one, 1, 1), new Matrix(x, 1, values.Length), 0, new Matrix(y, 1, values.Length));
        Assert.Equal(expected, y.ToArray());
    }

    [Fact]
    public void The_last_layer_of_a_reference_case_is_within_the_bound_of_the_format()
    {
        using var file = SafetensorsFile.Open(Path.Combine(AppContext.BaseDirectory, "Golden", "softmax_regression.safetensors"));
        float[] x = file.ReadFloats("input"), w = file.ReadFloats("param.0.weight"), b = file.ReadFloats("param.0.bias");
        int n = b.Length, k = w.Length / n, m = x.Length / k;
        using var network = new Network(Device, [new Linear(k, n)]);
        NetworkFile.LoadWeights(network, file, "param.", "buffer.", strict: false);
        using Tensor input = Device.Allocate([m, k], x);
        using var batch = new Batch { Features = input };
        IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
        double[] magnitude = Oracle(false, true, m, n, k, 1, Absolute(x), Absolute(w), 0, new double[m * n], Absolute(b));
        double relative = Format.Error() + Sums(k);
        AssertNumbers.Within(file.ReadDoubles("expect.logits"), pass.Outputs.ToArray(), i => relative * magnitude[i], "logits");
    }

    private void Check(int m, int n, int k, bool transposeA, bool transposeB, float alpha, float beta, bool withBias)
    {
        float[] a = TestNumbers.Normal(1, m * k), b = TestNumbers.Normal(2, k * n), old = TestNumbers.Normal(3, m * n), bias = withBias ? TestNumbers.Normal(4, n) : [];
        using Tensor aTensor = Device.Allocate([a.Length], a), bTensor = Device.Allocate([b.Length], b), c = Device.Allocate([m, n], old);
        using Tensor? biasTensor = withBias ? Device.Allocate([n], bias) : null;
        if (beta == 0)
        {
            c.Fill(float.NaN);
        }

        Matrix left = transposeA ? new Matrix(aTensor, k, m) : new Matrix(aTensor, m, k), right = transposeB ? new Matrix(bTensor, n, k) : new Matrix(bTensor, k, n);
        Device.Kernels.LinearAlgebra.Gemm(transposeA, transposeB, alpha, left, right, beta, Matrix.Of(c), biasTensor);

        double[] Of(Func<float[], double[]> map, double scale, double keep) => Oracle(transposeA, transposeB, m, n, k, scale, map(a), map(b), keep, DoubleArrays.Widen(old), DoubleArrays.Widen(bias));
        double[] rounded = Of(values => DoubleArrays.Widen([.. values.Select(Format.Round)]), alpha, beta), exact = Of(values => DoubleArrays.Widen(values), alpha, beta);
        double[] magnitude = Oracle(
            transposeA, transposeB, m, n, k, Math.Abs(alpha), Absolute(a), Absolute(b), Math.Abs(beta), Absolute(old), Absolute(bias));
        string name = $"{m} x {n} x {k}, {transposeA}, {transposeB}";
        AssertNumbers.Within(rounded, c.ToArray(), i => Sums(k) * (1 + Format.Error()) * magnitude[i], $"{name}, of rounded factors");
        AssertNumbers.Within(exact, c.ToArray(), i => (Sums(k) + Format.Error()) * (1 + Sums(k)) * magnitude[i], name);
    }

    /// <summary>k sums, alpha, beta and bias. Tensor cores may cut sums off instead of rounding them: twice the error.</summary>
    private static double Sums(int k) => TestNumbers.Gamma(2 * (k + 4));

    private static double[] Oracle(
        bool transposeA, bool transposeB, int m, int n, int k, double alpha, double[] a, double[] b, double beta, double[] c, double[] bias)
    {
        Definitions.Gemm.Multiply(transposeA, transposeB, m, n, k, alpha, a, transposeA ? m : k, b, transposeB ? k : n, beta, c, n, bias);
        return c;
    }

    private static double[] Absolute(float[] values) => Array.ConvertAll(values, value => (double)Math.Abs(value));
}

public sealed class Tf32Gemm : TensorGemmSuite { protected override TensorFormat Format => TensorFormat.Tf32; }

public sealed class Bf16Gemm : TensorGemmSuite { protected override TensorFormat Format => TensorFormat.Bf16; }
