using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.Curvature;

public sealed class OperatorTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    public void Arithmetic_is_that_of_matrices(int n)
    {
        double[,] a = Symmetric.WithSpectrum(1, Symmetric.Logarithmic(n, 0.1, 10)), b = Symmetric.WithSpectrum(2, Symmetric.Logarithmic(n, 1, 3));
        using DenseOperator left = Symmetric.Operator(a), right = Symmetric.Operator(b);
        using SumOperator sum = left.Scale(-2).Plus(right.Damp(0.5));

        var expected = (-2 * DenseMatrix.OfArray(a)) + DenseMatrix.OfArray(b) + (0.5 * DenseMatrix.CreateIdentity(n));
        double[,] actual = sum.ToDense();
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                // Products with unit vectors are exact; then a doubling (exact), a damping and a sum round once each.
                double bound = TestNumbers.Gamma(2) * ((2 * Math.Abs(a[i, j])) + Math.Abs(b[i, j]) + 0.5);
                Assert.Equal(expected[i, j], actual[i, j], bound);
            }
        }
    }

    [Fact]
    public void Dense_operators_give_their_matrix_back()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        Assert.Equal(Symmetric.Golden, a.ToDense());
    }

    [Fact]
    public void Refuses_what_is_not_symmetric() =>
        Assert.Throws<ArgumentException>(() => Symmetric.Operator(new double[,] { { 1, 2 }, { 0, 1 } }));

    [Fact]
    public void Refuses_what_is_not_square() => Assert.Throws<ArgumentException>(() => Symmetric.Operator(new double[1, 2]));

    [Fact]
    public void Refuses_sums_of_different_dimensions()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden), b = Symmetric.Operator(new double[,] { { 1 } });
        Assert.Contains("dimension 3", Assert.Throws<ArgumentException>(() => a.Plus(b)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writes_out_small_matrices_only() =>
        Assert.Contains("4096", Assert.Throws<KernelCoreException>(() => new NotFinite(4097).ToDense()).Message, StringComparison.Ordinal);

    [Fact]
    public void Eigen_decomposition_is_ascending_and_orthonormal()
    {
        double[] spectrum = [-3, -1, 0, 0, 2, 7];
        double[,] a = Symmetric.WithSpectrum(3, spectrum);
        var eigen = new SymmetricEigen((double[,])a.Clone());
        Assert.Equal(eigen.Values.Order(), eigen.Values);
        var v = DenseMatrix.OfArray(eigen.Vectors);
        Assert.True(((v.Transpose() * v) - DenseMatrix.CreateIdentity(6)).FrobeniusNorm() < 1e-13);
        Assert.True(((v * DiagonalMatrix.OfDiagonal(6, 6, eigen.Values) * v.Transpose()) - DenseMatrix.OfArray(a)).FrobeniusNorm() < 1e-13 * 20);

        // Rounding the matrix to float32 moved the eigenvalues by at most its norm.
        Assert.All(eigen.Values.Zip(spectrum), p => Assert.Equal(p.Second, p.First, TestNumbers.UnitRoundoff * 7 * 6));
        Assert.Empty(new SymmetricEigen(new double[0, 0]).Values);
        Assert.Throws<KernelCoreException>(() => new SymmetricEigen(new[,] { { double.NaN } }));
    }

    [Fact]
    public void Cholesky_solves_positive_definite_systems_only()
    {
        var solver = new CholeskySolver(Symmetric.Golden);
        Assert.All(solver.Solve([3, 3, 0]).Zip([1.0, 1, 1]), p => Assert.Equal(p.Second, p.First, 1e-14));
        Assert.Equal(Math.Log(3), solver.LogDeterminant, 1e-14);
        Assert.Throws<KernelCoreException>(() => new CholeskySolver(Symmetric.Diagonal(1, 0)));
        Assert.Throws<KernelCoreException>(() => new CholeskySolver(Symmetric.Diagonal(1, -1)));
        Assert.Throws<KernelCoreException>(() => new CholeskySolver(Symmetric.Diagonal(1, double.NaN)));
        Assert.Throws<KernelCoreException>(() => new CholeskySolver(Symmetric.Diagonal(1, double.PositiveInfinity)));
        Assert.Throws<ArgumentException>(() => solver.Solve([1]));
        Assert.Throws<ArgumentException>(() => new CholeskySolver(new double[2, 3]));
    }

    [Fact]
    public void Cholesky_takes_the_rounding_of_a_zero_pivot_for_zero()
    {
        // (0.1, 0.3)^T (0.1, 0.3): its second pivot is zero, or what rounding leaves of it.
        double[] x = [0.1, 0.3];
        Assert.Throws<KernelCoreException>(() => new CholeskySolver(new double[,] { { x[0] * x[0], x[0] * x[1] }, { x[0] * x[1], (x[1] * x[1]) + 1e-17 } }));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(70)]
    public void Cholesky_of_several_blocks_agrees_with_the_spectrum(int n)
    {
        double[,] a = Symmetric.WithSpectrum(5, Symmetric.Logarithmic(n, 0.01, 1));
        double[] truth = [.. TestNumbers.Normal(6, n).Select(v => (double)v)];
        var solver = new CholeskySolver(a);

        // Backward stable: the error is at most the condition number times 3 n^2 roundoffs of double (Higham 2002, theorem 10.4).
        double bound = 3 * n * n * 1.2e-16 * (1 / Symmetric.Eigenvalues(a)[0]);
        Assert.True(Symmetric.Distance(truth, solver.Solve(Symmetric.Multiply(a, truth))) <= bound * Symmetric.Norm(truth));
        Assert.Equal(Symmetric.Eigenvalues(a).Sum(Math.Log), solver.LogDeterminant, n * bound);
    }
}
