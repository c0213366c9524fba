using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>What every backend's <see cref="ILinearAlgebra.Gemm"/> must satisfy.</summary>
public abstract class GemmConformance : ConformanceSuite
{
    private const float Guard = -12345.5f;

    // One below, at and above the tile heights 6 and 12 and the tile widths 2, 8, 16 and 32.
    private static readonly int[] Extents = [1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 47];

    public static TheoryData<bool, bool> Transpositions => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    /// <summary>Shapes around the sizes at which a blocked product splits its depth, rows and columns.</summary>
    public static TheoryData<int, int, int> BlockShapes => new()
    {
        { 13, 29, 255 }, { 13, 29, 256 }, { 13, 29, 257 }, { 1, 1, 1000 }, { 5, 7, 511 }, { 5, 7, 512 }, { 7, 3, 1031 }, { 101, 103, 513 },
        { 191, 33, 20 }, { 193, 65, 64 }, { 1537, 3, 5 }, { 1549, 40, 7 }, { 3, 2049, 7 }, { 60, 2083, 11 },
        { 1, 300, 300 }, { 300, 1, 300 }, { 256, 10, 300 }, { 10, 300, 64 }, { 48, 32, 300 }, { 150, 170, 300 },
    };

    [Theory]
    [MemberData(nameof(Transpositions))]
    public void EveryEdgeOfATile(bool transposeA, bool transposeB)
    {
        foreach (int m in Extents)
        {
            foreach (int n in Extents)
            {
                Check(new Case(transposeA, transposeB, m, n, K: 1 + ((m + n) % 9), Alpha: 1, Beta: 0));
            }
        }
    }

    [Theory]
    [MemberData(nameof(BlockShapes))]
    public void EveryEdgeOfABlock(int m, int n, int k)
    {
        Check(new Case(false, false, m, n, k, Alpha: 1, Beta: 1));
        Check(new Case(false, true, m, n, k, Alpha: -0.75f, Beta: 0, Bias: true));
        Check(new Case(true, false, m, n, k, Alpha: 1, Beta: 0.5f, Bias: true));
        Check(new Case(true, true, m, n, k, Alpha: 2, Beta: 0));
    }

    [Theory]
    [MemberData(nameof(Transpositions))]
    public void ScalarsAndBias(bool transposeA, bool transposeB)
    {
        foreach (float alpha in (float[])[0, 1, -1, 0.3f])
        {
            foreach (float beta in (float[])[0, 1, -1, 0.7f])
            {
                Check(new Case(transposeA, transposeB, 14, 35, 19, alpha, beta));
                Check(new Case(transposeA, transposeB, 14, 35, 19, alpha, beta, Bias: true));
                Check(new Case(transposeA, transposeB, 70, 10, 19, alpha, beta, Bias: true));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Transpositions))]
    public void WindowsWithOffsetsAndStrides(bool transposeA, bool transposeB)
    {
        foreach (int offset in (int[])[1, 3, 7])
        {
            Check(new Case(transposeA, transposeB, 25, 37, 21, Alpha: 1, Beta: 1, Bias: true, Offset: offset, Gap: 5));
            Check(new Case(transposeA, transposeB, 12, 32, 16, Alpha: 1, Beta: 0, Offset: offset, Gap: 1));
            Check(new Case(transposeA, transposeB, 50, 4, 16, Alpha: 1, Beta: 0, Offset: offset, Gap: 3));
        }
    }

    [Fact]
    public void EmptyExtents()
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(0, 5, 3), (5, 0, 3), (0, 0, 0), (5, 7, 0), (40, 70, 0)])
        {
            Check(new Case(false, false, m, n, k, Alpha: 1, Beta: 0));
            Check(new Case(true, true, m, n, k, Alpha: float.NaN, Beta: 2, Bias: true));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void NonFiniteNumbersPropagateThroughZeros(float special)
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(5, 7, 3), (30, 70, 260), (100, 10, 20)])
        {
            var problem = new Case(false, false, m, n, k, Alpha: 1, Beta: 0);
            (float[] a, float[] b) = (new float[m * k], TestNumbers.Normal(2, k * n));
            a[(2 * k) + 1] = special;
            b[n + 1] = 0;
            Check(problem, a, b);
            Array.Clear(a);
            b[n + 1] = special;
            Check(problem, a, b);
        }
    }

    [Theory]
    [MemberData(nameof(Transpositions))]
    public void SumsOfTwoProducts(bool transposeA, bool transposeB)
    {
        foreach ((int m, int n, int k, int nextK) in ((int, int, int, int)[])[(1, 1, 1, 1), (0, 4, 2, 2), (5, 7, 0, 3), (13, 33, 20, 7), (70, 65, 40, 90)])
        {
            var first = new Case(transposeA, transposeB, m, n, k, Alpha: 1, Beta: 0, Offset: 3, Gap: 2);
            Case second = first with { K = nextK, Beta = 1, Bias = true };
            (float[] a, float[] b) = (TestNumbers.Normal(1, m * k), TestNumbers.Normal(2, k * n));
            (float[] nextA, float[] nextB) = (TestNumbers.Normal(5, m * nextK), TestNumbers.Normal(6, nextK * n));
            float[] old = Filled(m * n, float.NaN), bias = TestNumbers.Normal(4, n);
            Matrix[] operands = [Left(first, a), Right(first, b), Left(second, nextA), Right(second, nextB), Window(first, old, m, n)];
            using Tensor biasTensor = Device.Allocate([n], bias);

            Device.Kernels.LinearAlgebra.GemmSum(transposeA, transposeB, operands[0], operands[1], operands[2], operands[3], operands[4], biasTensor);

            double[] expected = Sum(v => v), magnitude = Sum(Math.Abs);
            double gamma = TestNumbers.Gamma(k + nextK + ((k + nextK) / 64) + 6);
            AssertNumbers.Within(expected, Contents(first, operands[4]), i => gamma * magnitude[i], second.ToString());
            Array.ForEach(operands, operand => operand.Tensor.Dispose());

            double[] Sum(Func<double, double> map)
            {
                double[] product = Oracle(first, a, b, old, [], map), sum = Oracle(second with { Beta = 0 }, nextA, nextB, old, bias, map);
                return [.. product.Zip(sum, (x, y) => x + y)];
            }
        }
    }

    /// <summary>One product to check.</summary>
    /// <param name="TransposeA">As in the kernel.</param>
    /// <param name="TransposeB">As in the kernel.</param>
    /// <param name="M">Rows.</param>
    /// <param name="N">Columns.</param>
    /// <param name="K">Terms.</param>
    /// <param name="Alpha">Factor of the product.</param>
    /// <param name="Beta">Factor of C; with 0, C is filled with NaN.</param>
    /// <param name="Bias">Whether there is a bias.</param>
    /// <param name="Offset">Elements before each matrix.</param>
    /// <param name="Gap">Elements between rows of each matrix.</param>
    private sealed record Case(
        bool TransposeA, bool TransposeB, int M, int N, int K, float Alpha, float Beta, bool Bias = false, int Offset = 0, int Gap = 0);

    private void Check(Case p) => Check(p, TestNumbers.Normal(1, p.M * p.K), TestNumbers.Normal(2, p.K * p.N));

    private void Check(Case p, float[] a, float[] b)
    {
        float[] old = p.Beta == 0 ? Filled(p.M * p.N, float.NaN) : TestNumbers.Normal(3, p.M * p.N);
        float[] bias = p.Bias ? TestNumbers.Normal(4, p.N) : [];
        Matrix left = Left(p, a), right = Right(p, b), result = Window(p, old, p.M, p.N);
        Tensor? biasTensor = p.Bias ? Device.Allocate([p.N], bias) : null;

        Device.Kernels.LinearAlgebra.Gemm(p.TransposeA, p.TransposeB, p.Alpha, left, right, p.Beta, result, biasTensor);

        double[] expected = Oracle(p, a, b, old, bias, v => v);
        double[] magnitude = Oracle(p, a, b, old, bias, Math.Abs);

        // k products and sums, one sum per block of at least 64 terms, and the roundings of alpha, beta and the bias.
        double gamma = TestNumbers.Gamma(p.K + (p.K / 64) + 6);
        AssertNumbers.Within(expected, Contents(p, result), i => gamma * magnitude[i], p.ToString());
        left.Tensor.Dispose();
        right.Tensor.Dispose();
        result.Tensor.Dispose();
        biasTensor?.Dispose();
    }

    private static double[] Oracle(Case p, float[] a, float[] b, float[] old, float[] bias, Func<double, double> map)
    {
        double[] Map(float[] values) => Array.ConvertAll(values, v => map(v));
        double[] c = Map(old);
        Kernels.Definitions.Gemm.Multiply(
            p.TransposeA, p.TransposeB, p.M, p.N, p.K, map(p.Alpha), Map(a), p.TransposeA ? p.M : p.K, Map(b), p.TransposeB ? p.K : p.N,
            map(p.Beta), c, p.N, Map(bias));
        return c;
    }

    private Matrix Left(Case p, float[] a) => p.TransposeA ? Window(p, a, p.K, p.M) : Window(p, a, p.M, p.K);

    private Matrix Right(Case p, float[] b) => p.TransposeB ? Window(p, b, p.N, p.K) : Window(p, b, p.K, p.N);

    /// <summary>The matrix inside a larger tensor whose other elements hold a guard value.</summary>
    private Matrix Window(Case p, float[] values, int rows, int columns)
    {
        int stride = columns + p.Gap;
        float[] all = Filled(p.Offset + (rows * stride) + 3, Guard);
        for (int i = 0; i < rows; i++)
        {
            values.AsSpan(i * columns, columns).CopyTo(all.AsSpan(p.Offset + (i * stride)));
        }

        return new Matrix(Device.Allocate([all.Length], all), p.Offset, rows, columns, stride);
    }

    private static float[] Contents(Case p, Matrix window)
    {
        float[] all = window.Tensor.ToArray();
        var values = new float[window.Rows * window.Columns];
        for (int i = 0; i < window.Rows; i++)
        {
            Span<float> row = all.AsSpan(p.Offset + (i * window.Stride), window.Columns);
            row.CopyTo(values.AsSpan(i * window.Columns));
            row.Fill(Guard);
        }

        Assert.True(Array.TrueForAll(all, v => v == Guard), $"{p} wrote outside its window");
        return values;
    }

    private static float[] Filled(int count, float value)
    {
        var all = new float[count];
        Array.Fill(all, value);
        return all;
    }
}
