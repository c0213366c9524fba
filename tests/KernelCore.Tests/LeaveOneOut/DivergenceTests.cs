using KernelCore.Kernels;
using KernelCore.LeaveOneOut;
using KernelCore.Tests.Curvature;
using MathNet.Numerics.LinearAlgebra.Double;

namespace KernelCore.Tests.LeaveOneOut;

public sealed class DivergenceTests
{
    [Fact]
    public void Golden() => Assert.Equal(
        0.15976926056878576, GaussianDivergence.Diagonal([0.5, -1], [0.4, -0.7], [4, 2], [3, 2.5]), 1e-15);

    [Fact]
    public void Dense_matrices_agree_with_their_diagonals() => Assert.Equal(
        0.15976926056878576, GaussianDivergence.Dense([0.5, -1], [0.4, -0.7], Symmetric.Diagonal(4, 2), Symmetric.Diagonal(3, 2.5)), 1e-15);

    [Fact]
    public void Dense_matrices_agree_with_the_definition()
    {
        double[,] own = Symmetric.WithSpectrum(1, Symmetric.Logarithmic(9, 0.5, 4)), other = Symmetric.WithSpectrum(2, Symmetric.Logarithmic(9, 1, 9));
        double[] mean = [.. Enumerable.Range(0, 9).Select(i => i / 4.0)], otherMean = [.. mean.Select(m => 1 - (m * m))];
        var d = DenseVector.OfArray(otherMean) - DenseVector.OfArray(mean);
        double expected = ProbeOracle.Divergence(d, DenseMatrix.OfArray(own), DenseMatrix.OfArray(other));
        Assert.Equal(expected, GaussianDivergence.Dense(mean, otherMean, own, other), 1e-12 * expected);
    }

    [Theory]
    [InlineData(1e-12)]
    [InlineData(-1e-7)]
    [InlineData(9.99e-4)]
    [InlineData(-9.99e-4)]
    public void Small_changes_keep_their_digits(double x)
    {
        // 1/2 - x/3 + x^2/4 - ... in decimal arithmetic, which has 28 digits.
        decimal power = 1, series = 0;
        for (int n = 2; n <= 12; n++, power *= -(decimal)x)
        {
            series += power / n;
        }

        Assert.Equal((double)series, GaussianDivergence.Excess(x) / (x * x), 1e-14);
    }

    [Fact]
    public void Large_changes_are_the_definition() => Assert.Equal(1 - Math.Log(2), GaussianDivergence.Excess(1), 1e-15);

    [Fact]
    public void Bad_input_is_refused()
    {
        Assert.Throws<ArgumentException>(() => GaussianDivergence.Diagonal([1], [1, 2], [1], [1]));
        Assert.Throws<ArgumentException>(() => GaussianDivergence.Dense([1], [1, 2], Symmetric.Diagonal(1), Symmetric.Diagonal(1)));
        Assert.Throws<KernelCoreException>(() => GaussianDivergence.Dense([1], [1], Symmetric.Diagonal(1), Symmetric.Diagonal(-1)));
    }

    [Theory]
    [InlineData(0.25, 0)]
    [InlineData(2, 0.7)]
    public void Least_squares_without_retraining_equals_retraining(double noise, double prior)
    {
        const int Count = 12, Width = 4;
        double[] features = [.. Enumerable.Range(0, Count * Width).Select(k => k % Width == 0 ? 1.0 : Philox.Normal(1, 0, (ulong)k))];
        double[] targets = [.. Enumerable.Range(0, Count).Select(k => (double)Philox.Normal(1, 1, (ulong)k))];
        double[] information = LaplaceSampleInformation.LeastSquares(features, targets, noise, prior);
        var (all, precision) = Regress(-1);
        for (int i = 0; i < Count; i++)
        {
            var (without, other) = Regress(i);
            double expected = ProbeOracle.Divergence(without - all, precision, other);
            Assert.Equal(expected, information[i], 1e-11 * (1 + expected));
        }

        (MathNet.Numerics.LinearAlgebra.Vector<double> Weights, MathNet.Numerics.LinearAlgebra.Matrix<double> Precision) Regress(int leftOut)
        {
            int[] kept = [.. Enumerable.Range(0, Count).Where(i => i != leftOut)];
            var z = DenseMatrix.OfRows(kept.Select(i => features[(i * Width)..((i + 1) * Width)]));
            var y = DenseVector.OfEnumerable(kept.Select(i => targets[i]));
            var p = (z.TransposeThisAndMultiply(z) / noise) + (prior * DenseMatrix.CreateIdentity(Width));
            return (p.Solve(z.TransposeThisAndMultiply(y) / noise), p);
        }
    }

    [Fact]
    public void Least_squares_refuses_what_it_cannot_solve()
    {
        Assert.Throws<KernelCoreException>(() => LaplaceSampleInformation.LeastSquares([1, 2], [1], 1, 0));
        Assert.Throws<ArgumentException>(() => LaplaceSampleInformation.LeastSquares([1, 2, 3], [1, 2], 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LaplaceSampleInformation.LeastSquares([1, 2], [1, 2], 0, 1));
    }
}
