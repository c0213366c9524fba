using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>Products that also apply an activation: C as without it, and beside it the very bits of <see cref="ILayerKernels.Activation"/> of C.</summary>
public abstract class ActivatedGemmConformance : ConformanceSuite
{
    private const float Slope = 0.01f, Guard = -12345.5f;

    public static TheoryData<ActivationKind> Kinds => [.. Enum.GetValues<ActivationKind>()];

    public static TheoryData<bool, bool> Transpositions => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryKindAtTheEdgesOfATile(ActivationKind kind)
    {
        foreach (int m in (int[])[1, 5, 6, 12, 13, 17])
        {
            foreach (int n in (int[])[1, 3, 8, 16, 31, 32, 33, 65])
            {
                Check(new Case(kind, m, n, K: 1 + ((m + n) % 9), Bias: true));
            }
        }
    }

    /// <summary>Depths that are taken at once, in blocks and in parts; shapes that are computed transposed; ranges of a matrix that are finished apart.</summary>
    [Theory]
    [InlineData(13, 29, 257)]
    [InlineData(5, 7, 511)]
    [InlineData(7, 3, 1031)]
    [InlineData(101, 103, 20)]
    [InlineData(300, 1, 30)]
    [InlineData(256, 10, 30)]
    [InlineData(3, 2049, 7)]
    [InlineData(205, 150, 9)]
    public void EveryEdgeOfABlock(int m, int n, int k)
    {
        Check(new Case(ActivationKind.Gelu, m, n, k, Bias: true));
        Check(new Case(ActivationKind.Relu, m, n, k, Alpha: -0.75f, Beta: 0.5f));
    }

    [Theory]
    [MemberData(nameof(Transpositions))]
    public void ScalarsBiasAndWindows(bool transposeA, bool transposeB)
    {
        foreach ((int m, int n) in ((int, int)[])[(14, 35), (50, 4), (21, 1)])
        {
            Check(new Case(ActivationKind.Silu, m, n, 19, Alpha: 0.3f, Beta: 0.7f, Bias: true, transposeA, transposeB));
            foreach (int offset in (int[])[1, 4, 7])
            {
                Check(new Case(ActivationKind.Tanh, m, n, 21, Alpha: 1, Beta: -1, Bias: true, transposeA, transposeB, offset, Gap: 5));
                Check(new Case(ActivationKind.Softplus, m, n, 21, Alpha: 1, Beta: 0, Bias: false, transposeA, transposeB, offset, Gap: 1));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WithoutTermsItIsTheActivationOfOldContentAndBias(ActivationKind kind)
    {
        foreach ((int m, int n) in ((int, int)[])[(0, 5), (5, 0), (5, 7), (40, 70)])
        {
            Check(new Case(kind, m, n, 0, Bias: true));
            Check(new Case(kind, m, n, 0, Alpha: float.NaN, Beta: 2));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NonFiniteNumbersPropagate(ActivationKind kind)
    {
        foreach (float special in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            foreach ((int m, int n, int k) in ((int, int, int)[])[(5, 7, 3), (30, 34, 20), (50, 4, 9)])
            {
                float[] a = TestNumbers.Normal(1, m * k);
                a[(2 * k) + 1] = special;
                Check(new Case(kind, m, n, k, Bias: true), a);
            }
        }
    }

    /// <summary>One product to check.</summary>
    /// <param name="Kind">Activation.</param>
    /// <param name="M">Rows.</param>
    /// <param name="N">Columns.</param>
    /// <param name="K">Terms.</param>
    /// <param name="Alpha">Factor of the product.</param>
    /// <param name="Beta">Factor of C; with 0, C is filled with NaN.</param>
    /// <param name="Bias">Whether there is a bias.</param>
    /// <param name="TransposeA">As in the kernel.</param>
    /// <param name="TransposeB">As in the kernel.</param>
    /// <param name="Offset">Elements before the output; twice as many before C.</param>
    /// <param name="Gap">Elements between rows of the output; C has none.</param>
    private sealed record Case(
        ActivationKind Kind, int M, int N, int K, float Alpha = 1, float Beta = 0, bool Bias = false, bool TransposeA = false, bool TransposeB = false,
        int Offset = 0, int Gap = 0);

    private void Check(Case p) => Check(p, TestNumbers.Normal(1, p.M * p.K));

    private void Check(Case p, float[] values)
    {
        using Tensor a = Device.Allocate([values.Length], values), b = Normal(2, p.K * p.N), bias = Normal(4, p.N);
        Matrix left = p.TransposeA ? new(a, p.K, p.M) : new(a, p.M, p.K), right = p.TransposeB ? new(b, p.N, p.K) : new(b, p.K, p.N);
        int count = p.M * p.N, stride = p.N + p.Gap;
        float[] old = new float[count + (2 * p.Offset)], guards = new float[p.Offset + (p.M * stride) + 3];
        Array.Fill(old, float.NaN);
        Array.Fill(guards, Guard);
        if (p.Beta != 0)
        {
            TestNumbers.Normal(3, old.Length).CopyTo(old, 0);
        }

        using Tensor plain = Device.Allocate([old.Length], old), expected = Device.Allocate([count]);
        Device.Kernels.LinearAlgebra.Gemm(p.TransposeA, p.TransposeB, p.Alpha, left, right, p.Beta, Result(plain), p.Bias ? bias : null);
        Device.Kernels.Layers.Activation(p.Kind, Slope, plain.View(2 * p.Offset, [count]), expected);

        using Tensor c = Device.Allocate([old.Length], old), f = Device.Allocate([guards.Length], guards);
        var activated = new ActivatedOutput(p.Kind, Slope, new Matrix(f, p.Offset, p.M, p.N, stride));
        Device.Kernels.LinearAlgebra.Gemm(p.TransposeA, p.TransposeB, p.Alpha, left, right, p.Beta, Result(c), p.Bias ? bias : null, activated);

        Assert.Equal(Bits(plain.ToArray()), Bits(c.ToArray()));
        float[] all = f.ToArray(), inside = new float[count];
        for (int i = 0; i < p.M; i++)
        {
            Span<float> row = all.AsSpan(p.Offset + (i * stride), p.N);
            row.CopyTo(inside.AsSpan(i * p.N));
            row.Fill(Guard);
        }

        Assert.Equal(Bits(expected.ToArray()), Bits(inside));
        Assert.True(Array.TrueForAll(all, v => v == Guard), $"{p} wrote outside its window");
        if (p.Kind == ActivationKind.Relu)
        {
            // The one that is exact: also what the definition says.
            Kernels.Definitions.Gemm.Activate(p.M, p.N, c.ToArray().AsSpan(2 * p.Offset), p.N, p.Kind, Slope, all.AsSpan(p.Offset), stride);
            Assert.Equal(f.ToArray(), all);
        }

        Matrix Result(Tensor tensor) => new(tensor, 2 * p.Offset, p.M, p.N, p.N);
    }

    /// <summary>NaN has no sign that matters; zero has.</summary>
    private static int[] Bits(float[] values) => Array.ConvertAll(values, v => float.IsNaN(v) ? -1 : BitConverter.SingleToInt32Bits(v));
}
