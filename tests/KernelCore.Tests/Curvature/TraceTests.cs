using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Tests.Curvature;

public sealed class TraceTests
{
    public delegate TraceEstimate Estimator(ILinearOperator a, int products, ulong seed);

    public static TheoryData<string> Estimators => ["hutchinson", "hutch++", "xtrace"];

    [Fact]
    public void All_sign_vectors_of_the_golden_matrix()
    {
        float[][] signs = [.. Enumerable.Range(0, 8).Select(b => Enumerable.Range(0, 3).Select(i => (b >> i & 1) == 0 ? 1f : -1f).ToArray())];
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        TraceEstimate estimate = Hutchinson.Trace(a, 8, Probes.From(signs));

        // The population variance over the 8 vectors is 8, the unbiased one 8 x 8 / 7.
        Assert.Equal(6, estimate.Value, 1e-14);
        Assert.Equal(Math.Sqrt(8 * 8 / 7.0 / 8), estimate.StandardError, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void Unbiased_over_seeds(string name)
    {
        // Slowly decaying, so that no sketch holds it all.
        double[,] matrix = Symmetric.WithSpectrum(40, [.. Enumerable.Range(1, 40).Select(i => 1.0 / i)]);
        double trace = Enumerable.Range(0, 40).Sum(i => matrix[i, i]);
        using DenseOperator a = Symmetric.Operator(matrix);
        const int Seeds = 400;
        double[] values = [.. Enumerable.Range(0, Seeds).Select(s => Named(name)(a, 12, (ulong)s).Value)];
        double mean = values.Average(), deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (Seeds - 1));
        Assert.InRange(Math.Abs(mean - trace), 0, 4 * deviation / Math.Sqrt(Seeds));
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void The_standard_error_is_the_spread_over_seeds(string name)
    {
        double[,] matrix = Symmetric.WithSpectrum(41, [.. Enumerable.Range(1, 40).Select(i => 1.0 / i)]);
        using DenseOperator a = Symmetric.Operator(matrix);
        TraceEstimate[] estimates = [.. Enumerable.Range(0, 200).Select(s => Named(name)(a, 24, (ulong)s))];
        double mean = estimates.Average(e => e.Value);
        double spread = Math.Sqrt(estimates.Average(e => (e.Value - mean) * (e.Value - mean)));
        double claimed = Math.Sqrt(estimates.Average(e => e.StandardError * e.StandardError));
        Assert.InRange(claimed / spread, 0.7, 1.5);
    }

    [Fact]
    public void Sketches_beat_plain_probes_on_decaying_spectra()
    {
        double[,] matrix = Symmetric.WithSpectrum(42, [.. Enumerable.Range(1, 60).Select(i => 1.0 / (i * i))]);
        double trace = Enumerable.Range(0, 60).Sum(i => matrix[i, i]);
        using DenseOperator a = Symmetric.Operator(matrix);
        double Error(string name) => Math.Sqrt(Enumerable.Range(0, 50).Average(s => Math.Pow(Named(name)(a, 30, (ulong)s).Value - trace, 2)));
        double plain = Error("hutchinson"), hutch = Error("hutch++"), xtrace = Error("xtrace");
        Assert.True(hutch < plain / 2, $"Hutch++ {hutch}, Hutchinson {plain}");
        Assert.True(xtrace < hutch, $"XTrace {xtrace}, Hutch++ {hutch}");
    }

    [Theory]
    [InlineData("hutch++")]
    [InlineData("xtrace")]
    public void Low_rank_is_exact(string name)
    {
        double[,] matrix = Symmetric.WithSpectrum(43, [3, -2, 1, .. new double[27]]);
        double trace = Enumerable.Range(0, 30).Sum(i => matrix[i, i]);
        using DenseOperator a = Symmetric.Operator(matrix);

        // Float32 rounding of the matrix makes it of full rank; all else is rounding of the products and the basis.
        double bound = 30 * (Symmetric.ProductError(matrix) + (TestNumbers.Gamma(30) * 3));
        Assert.Equal(trace, Named(name)(a, 15, 1).Value, bound);
    }

    [Theory]
    [InlineData("hutchinson", 1)]
    [InlineData("hutchinson", 7)]
    [InlineData("hutch++", 3)]
    [InlineData("xtrace", 2)]
    public void Dimension_one_is_exact(string name, int products)
    {
        using DenseOperator a = Symmetric.Operator(new double[,] { { -2.5 } });
        Assert.Equal(-2.5, Named(name)(a, products, 0).Value);
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void Zero_is_exact(string name)
    {
        using DenseOperator zero = Symmetric.Operator(new double[5, 5]);
        Assert.Equal(0, Named(name)(zero, 6, 0).Value);
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void Counts_its_products(string name)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.WithSpectrum(44, Symmetric.Logarithmic(30, 0.1, 1)));
        var counting = new Counting(a);
        TraceEstimate estimate = Named(name)(counting, 12, 0);
        Assert.Equal((12, 12), (counting.Products, estimate.Products));
    }

    [Theory]
    [MemberData(nameof(Estimators))]
    public void NaN_is_an_error(string name) => Assert.Throws<KernelCoreException>(() => Named(name)(new NotFinite(4), 6, 0));

    [Fact]
    public void A_diagonal_matrix_has_its_diagonal_from_one_probe()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(1, -2, 3));
        using Tensor diagonal = Symmetric.Vector(9, 9, 9);
        Hutchinson.Diagonal(a, 1, diagonal);
        Assert.Equal([1, -2, 3], diagonal.ToArray());
    }

    [Fact]
    public void The_diagonal_is_unbiased()
    {
        double[,] matrix = Symmetric.WithSpectrum(45, Symmetric.Logarithmic(10, 0.1, 1));
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor diagonal = a.Device.Allocate([10]);
        const int Count = 4000;
        Hutchinson.Diagonal(a, Count, diagonal, seed: 4);
        float[] values = diagonal.ToArray();
        for (int i = 0; i < 10; i++)
        {
            // Variance of element i: the off-diagonal squares of row i.
            double variance = Enumerable.Range(0, 10).Where(j => j != i).Sum(j => matrix[i, j] * matrix[i, j]);
            Assert.Equal(matrix[i, i], values[i], 4.5 * Math.Sqrt(variance / Count));
        }
    }

    private static Estimator Named(string name) => name switch
    {
        "hutchinson" => (a, m, seed) => Hutchinson.Trace(a, m, seed),
        "hutch++" => (a, m, seed) => HutchPlusPlus.Trace(a, m, seed),
        _ => (a, m, seed) => XTrace.Trace(a, m, seed),
    };
}
