using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Tests.Curvature;

/// <summary>Lanczos, Arnoldi, power iteration, spectral density.</summary>
public sealed class SpectrumTests
{
    private static readonly float[] EvenStart = [.. Enumerable.Repeat((float)(1 / Math.Sqrt(3)), 3)];

    [Fact]
    public void Quadrature_of_the_golden_matrix()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor start = Symmetric.Vector(EvenStart);
        using Lanczos lanczos = Lanczos.Run(a, start, 3);
        double bound = RitzError(Symmetric.Golden);
        Assert.All(lanczos.RitzValues.Zip([0.46791111, 1.65270364, 3.87938524]), p => Assert.Equal(p.Second, p.First, bound));
        Assert.All(lanczos.Weights, w => Assert.Equal(1 / 3.0, w, bound));
        Assert.All(lanczos.Residuals, r => Assert.Equal(0, r));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(40)]
    public void All_steps_give_all_eigenpairs(int n)
    {
        double[] spectrum = [.. Enumerable.Range(0, n).Select(i => (i - (n / 3)) * 0.25)];
        double[,] matrix = Symmetric.WithSpectrum(30, spectrum);
        using DenseOperator a = Symmetric.Operator(matrix);
        using Lanczos lanczos = Lanczos.Run(a, n + 5, seed: 1);
        Assert.Equal(n, lanczos.Steps);
        Assert.All(lanczos.RitzValues.Zip(Symmetric.Eigenvalues(matrix)), p => Assert.Equal(p.Second, p.First, RitzError(matrix)));
        using EigenPairs pairs = lanczos.Pairs([.. Enumerable.Range(0, n)]);
        AssertEigenPairs(matrix, pairs, RitzError(matrix));
    }

    [Fact]
    public void Full_reorthogonalisation_makes_no_copies_of_eigenvalues()
    {
        // One far eigenvalue: without re-orthogonalisation, copies of it appear within twenty steps.
        double[] spectrum = [.. Symmetric.Logarithmic(99, 1e-2, 1), 1000];
        double[,] matrix = Symmetric.WithSpectrum(31, spectrum);
        using DenseOperator a = Symmetric.Operator(matrix);
        using Lanczos lanczos = Lanczos.Run(a, 60);
        Assert.Single(lanczos.RitzValues, v => v > 100);
        Assert.Equal(1000, lanczos.RitzValues[^1], RitzError(matrix));
    }

    [Fact]
    public void Residuals_of_ritz_pairs_are_true()
    {
        double[,] matrix = Symmetric.WithSpectrum(32, Symmetric.Logarithmic(50, 1e-2, 10));
        using DenseOperator a = Symmetric.Operator(matrix);
        using Lanczos lanczos = Lanczos.Run(a, 12);
        using EigenPairs pairs = lanczos.Pairs([.. Enumerable.Range(0, 12)]);
        AssertEigenPairs(matrix, pairs, RitzError(matrix));
        Assert.All(lanczos.OffDiagonal, b => Assert.True(b > 0));
        Assert.Equal(1, lanczos.Weights.Sum(), 1e-12);
    }

    [Fact]
    public void Invariant_spaces_end_the_iteration()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(1, 2, 3, 4)), zero = Symmetric.Operator(new double[3, 3]);
        using Tensor start = Symmetric.Vector(0, 2, 0, 0), three = Symmetric.Vector(1, 1, 1), none = Symmetric.Vector(0, 0, 0);
        using Lanczos one = Lanczos.Run(a, start, 4), nothing = Lanczos.Run(zero, three, 3);
        Assert.Equal([2.0], one.RitzValues);
        Assert.Equal([0.0], nothing.RitzValues);
        Assert.Throws<KernelCoreException>(() => Lanczos.Run(zero, none, 3));
        Assert.Throws<KernelCoreException>(() => Lanczos.Run(new NotFinite(3), three, 3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void Arnoldi_with_all_steps_is_the_inverse(int n)
    {
        double[,] matrix = Symmetric.WithSpectrum(33, Symmetric.Logarithmic(n, 0.5, 4));
        using DenseOperator a = Symmetric.Operator(matrix);
        using EigenPairs pairs = Arnoldi.Run(a, n, n, seed: 2);
        using LowRankInverse inverse = pairs.Inverse();
        using Tensor b = Symmetric.Normal(34, n), x = a.Device.Allocate([n]);
        inverse.Apply(b, x);
        double[] rhs = DoubleArrays.Widen(b);

        // Relative perturbation of the inverse: that of the eigenvalues and vectors, times 1 / smallest.
        double bound = 4 * RitzError(matrix) / 0.5 * Symmetric.Norm(rhs) / 0.5;
        Assert.InRange(Symmetric.Distance(Symmetric.Solve(matrix, rhs), DoubleArrays.Widen(x)), 0, bound);
    }

    [Fact]
    public void Arnoldi_keeps_the_largest_by_size_and_drops_noise()
    {
        double[,] matrix = Symmetric.Diagonal(-5, 3, 1, 0, 0, 0);
        using DenseOperator a = Symmetric.Operator(matrix);
        using EigenPairs two = Arnoldi.Run(a, 6, 2), all = Arnoldi.Run(a, 6, 6, threshold: 1e-5);
        Assert.All(two.Values.Zip([-5.0, 3.0]), p => Assert.Equal(p.Second, p.First, RitzError(matrix)));
        Assert.Equal(3, all.Values.Count);
        AssertEigenPairs(matrix, all, RitzError(matrix));
        using DenseOperator zero = Symmetric.Operator(new double[2, 2]);
        using EigenPairs none = Arnoldi.Run(zero, 2, 2);
        Assert.Empty(none.Values);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Power_iteration_finds_the_dominant_pairs(int n)
    {
        double[] spectrum = [.. Enumerable.Range(0, n).Select(i => Math.Pow(-0.5, i) * 8)];
        double[,] matrix = Symmetric.WithSpectrum(35, spectrum);
        using DenseOperator a = Symmetric.Operator(matrix);
        using EigenPairs pairs = PowerIteration.Run(a, 3, maxIterations: 200, tolerance: 1e-5);
        double rounding = 4 * Symmetric.ProductError(matrix);
        Assert.Equal(Math.Min(3, n), pairs.Values.Count);
        Assert.All(pairs.Values.Zip(spectrum), p => Assert.Equal(p.Second, p.First, (1e-5 * 8) + rounding));
        AssertEigenPairs(matrix, pairs, rounding);
    }

    [Fact]
    public void Power_iteration_without_convergence_says_so()
    {
        using DenseOperator pair = Symmetric.Operator(Symmetric.Diagonal(1, -1)), zero = Symmetric.Operator(new double[2, 2]);
        using EigenPairs unresolved = PowerIteration.Run(pair, 1), zeros = PowerIteration.Run(zero, 2);
        Assert.True(unresolved.Residuals[0] > 0.1);
        Assert.Equal([0.0, 0.0], zeros.Values);
        Assert.Throws<KernelCoreException>(() => PowerIteration.Run(new NotFinite(2), 1));
    }

    [Fact]
    public void Power_iteration_exhausts_low_rank()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(3, 0, 0));
        using EigenPairs pairs = PowerIteration.Run(a, 3);
        Assert.All(pairs.Values.Zip([3.0, 0, 0]), p => Assert.Equal(p.Second, p.First, 1e-5));
        AssertEigenPairs(Symmetric.Diagonal(3, 0, 0), pairs, 1e-5);
    }

    [Fact]
    public void Density_of_the_golden_matrix()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        SpectralDensity density = SpectralDensity.Estimate(a, 3, 1, Probes.From([EvenStart]), null, default);
        double bound = RitzError(Symmetric.Golden);
        Assert.All(density.Nodes.Zip([0.46791111, 1.65270364, 3.87938524]), p => Assert.Equal(p.Second, p.First, bound));
        Assert.All(density.Weights, w => Assert.Equal(1 / 3.0, w, bound));

        double halfRange = (3.87938524 - 0.46791111) / 2 / 0.95;
        Assert.Equal(halfRange * 2 / (2 * Math.Sqrt(8 * Math.Log(3))), density.DefaultWidth, bound);
        double expected = density.Nodes.Average(node => Math.Exp(-Math.Pow((1 - node) / 0.5, 2) / 2) / (0.5 * Math.Sqrt(2 * Math.PI)));
        Assert.Equal(expected, density.Evaluate(1, 0.5), 1e-6);
    }

    [Fact]
    public void Density_integrates_to_one()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.WithSpectrum(36, Symmetric.Logarithmic(60, 1e-3, 1)));
        SpectralDensity density = SpectralDensity.Estimate(a, steps: 20, probes: 4, seed: 3);
        (double X, double Density)[] grid = density.Grid(2001);
        double integral = grid.Sum(p => p.Density) * (grid[1].X - grid[0].X);

        // The trapezoidal rule of a Gaussian converges faster than any power; five widths hold all but 6e-7.
        Assert.Equal(1, integral, 1e-6);
        Assert.Equal(80, density.Nodes.Count);
    }

    [Fact]
    public void Density_of_one_eigenvalue_is_a_narrow_spike()
    {
        using DenseOperator one = Symmetric.Operator(new double[,] { { 7 } }), zero = Symmetric.Operator(new double[3, 3]);
        SpectralDensity spike = SpectralDensity.Estimate(one), origin = SpectralDensity.Estimate(zero);
        Assert.Equal([7.0], spike.Nodes);
        Assert.Equal(7e-3, spike.DefaultWidth, 1e-9);
        Assert.All(spike.Grid(11), p => Assert.True(double.IsFinite(p.Density)));
        Assert.True(origin.DefaultWidth > 0);
    }

    [Fact]
    public void Same_seed_same_bits()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.WithSpectrum(37, Symmetric.Logarithmic(33, 1e-3, 1)));
        Assert.Equal(SpectralDensity.Estimate(a, 10, 3, 5).Nodes, SpectralDensity.Estimate(a, 10, 3, 5).Nodes);
        Assert.NotEqual(SpectralDensity.Estimate(a, 10, 3, 5).Nodes, SpectralDensity.Estimate(a, 10, 3, 6).Nodes);
    }

    /// <summary>
    /// Backward error of the decomposition: every column of A Q = Q T + ... carries one product's rounding and 2m float32 updates
    /// of elements at most ||A||; over m columns by the Frobenius norm.
    /// </summary>
    private static double RitzError(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        return Math.Sqrt(n) * (Symmetric.ProductError(matrix) + (TestNumbers.Gamma((2 * n) + 4) * Symmetric.Norm(matrix)));
    }

    private static void AssertEigenPairs(double[,] matrix, EigenPairs pairs, double rounding)
    {
        int n = matrix.GetLength(0);
        double[] flat = DoubleArrays.Widen(pairs.Vectors);
        double[][] q = [.. Enumerable.Range(0, pairs.Values.Count).Select(k => flat[(k * n)..((k + 1) * n)])];
        for (int k = 0; k < q.Length; k++)
        {
            double[] error = [.. Symmetric.Multiply(matrix, q[k]).Zip(q[k], (p, x) => p - (pairs.Values[k] * x))];
            Assert.Equal(pairs.Residuals[k], Symmetric.Norm(error), rounding);
            for (int j = 0; j <= k; j++)
            {
                double dot = q[j].Zip(q[k], (x, y) => x * y).Sum();
                Assert.Equal(j == k ? 1 : 0, dot, TestNumbers.Gamma((4 * n) + 8));
            }
        }
    }
}
