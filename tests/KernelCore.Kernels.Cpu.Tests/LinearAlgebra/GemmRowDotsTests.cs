using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>Products of which only the dots of their rows with another matrix are wanted.</summary>
[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed unsafe class GemmRowDotsTests
{
    private const float Alpha = -0.5f;

    public static TheoryData<int, int, int, bool> Products => new()
    {
        { 1, 1, 1, false },
        { 1, 1, 0, true },
        { 3, 0, 5, true },
        { 0, 4, 5, false },
        { 12, 32, 16, true },
        { 13, 33, 17, false },
        { 11, 31, 256, true },
        { 24, 64, 257, true },
        { 37, 129, 600, false },
        { 300, 10, 40, true },
        { 20, 500, 520, true },
        { 3100, 70, 9, true },
        { 5, 1100, 3, false },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void Agree_with_the_definition(int m, int n, int k, bool transposeB)
    {
        var problem = new Case(m, n, k, transposeB);
        (double[] dots, double[] biasDots) = problem.Run(threads: 1, withBias: true);
        (double[] expected, double[] bounds) = problem.Expected();
        AssertNumbers.Within(expected, [.. dots.Select(dot => (float)dot)], i => TestNumbers.Gamma(k + n + 2) * bounds[i], "dots");
        (expected, bounds) = problem.ExpectedOfBias();
        AssertNumbers.Within(expected, [.. biasDots.Select(dot => (float)dot)], i => TestNumbers.Gamma(n + 1) * bounds[i], "bias");
        Assert.Equal(dots, problem.Run(threads: 1, withBias: false).Dots);
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void Have_the_same_bits_for_every_thread_count(int m, int n, int k, bool transposeB)
    {
        var problem = new Case(m, n, k, transposeB);
        (double[] dots, double[] biasDots) = problem.Run(threads: 1, withBias: true);
        foreach (int threads in (int[])[2, 3, 7])
        {
            (double[] others, double[] biasOthers) = problem.Run(threads, withBias: true);
            Assert.Equal(dots, others);
            Assert.Equal(biasDots, biasOthers);
        }
    }

    [Fact]
    public void An_infinity_stays_in_its_row()
    {
        var problem = new Case(14, 40, 20, transposeB: true);
        double[] clean = problem.Run(threads: 1, withBias: false).Dots;
        problem.A[3 * 20] = float.PositiveInfinity;
        double[] dots = problem.Run(threads: 1, withBias: false).Dots;
        Assert.False(double.IsFinite(dots[3]));
        dots[3] = clean[3];
        Assert.Equal(clean, dots);
    }

    private sealed class Case(int m, int n, int k, bool transposeB)
    {
        private const int Gap = 3; // between rows of C, which are not read there
        private readonly float[] _b = TestNumbers.Normal(2, k * n), _c = TestNumbers.Normal(3, m * (n + Gap)), _bias = TestNumbers.Normal(4, n);

        public float[] A { get; } = TestNumbers.Normal(1, m * k);

        public (double[] Dots, double[] BiasDots) Run(int threads, bool withBias)
        {
            using var device = new CpuDevice(threads);
            double[] dots = new double[m], biasDots = new double[m];
            Array.Fill(dots, double.NaN);
            Array.Fill(biasDots, withBias ? double.NaN : 0);
            float[] before = [.. _c];
            fixed (float* a = A, b = _b, c = _c, bias = _bias)
            {
                fixed (double* rows = dots, biasRows = biasDots)
                {
                    var problem = new GemmProblem(false, transposeB, m, n, k, Alpha, a, k, b, transposeB ? k : n, 0, c, n + Gap, withBias ? bias : null)
                    {
                        RowDots = rows,
                        BiasDots = withBias ? biasRows : null,
                    };
                    Gemm.Run(problem, threads == 1 ? null : device.Pool);
                }
            }

            Assert.Equal(before, _c);
            return (dots, biasDots);
        }

        public (double[] Values, double[] Bounds) Expected()
        {
            double[] values = new double[m], bounds = new double[m];
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    for (int p = 0; p < k; p++)
                    {
                        double term = (double)Alpha * A[(i * k) + p] * _b[transposeB ? (j * k) + p : (p * n) + j] * _c[(i * (n + Gap)) + j];
                        values[i] += term;
                        bounds[i] += Math.Abs(term);
                    }
                }
            }

            return (values, bounds);
        }

        public (double[] Values, double[] Bounds) ExpectedOfBias()
        {
            double[] values = new double[m], bounds = new double[m];
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    double term = (double)_bias[j] * _c[(i * (n + Gap)) + j];
                    values[i] += term;
                    bounds[i] += Math.Abs(term);
                }
            }

            return (values, bounds);
        }
    }
}
