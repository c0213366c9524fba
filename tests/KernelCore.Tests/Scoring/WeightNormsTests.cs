using KernelCore.Conformance;
using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

public sealed class WeightNormsTests
{
    /// <summary>Float inputs are exact; double sums of some hundred terms and a converged iteration.</summary>
    private const double Relative = 1e-12;

    [Fact]
    public void RankOneHasBoundOne()
    {
        float[] u = TestNumbers.Normal(1, 7), v = TestNumbers.Normal(2, 13);
        float[] weight = [.. u.SelectMany(x => v.Select(y => x * y))];
        WeightNorms norms = WeightNorms.Of(weight, 7, 13);

        // Rounding the products to float perturbs the matrix by at most u ||W||_F.
        Assert.Equal(norms.Frobenius, norms.Spectral, 2 * TestNumbers.UnitRoundoff * norms.Frobenius);
        Assert.Equal(0.5, norms.Normalise(0.5), 2 * TestNumbers.UnitRoundoff);
    }

    [Fact]
    public void DiagonalHasItsLargestEntry()
    {
        WeightNorms norms = WeightNorms.Of([3, 0, 0, 0, 0, -4, 0, 0, 0, 0, 1, 0], 3, 4);
        Assert.Equal(4, norms.Spectral, 4 * Relative);
        Assert.Equal(Math.Sqrt(26), norms.Frobenius, 6 * Relative);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void SimplexFrameHasBoundOneOverRootOfClassesMinusOne(int classes)
    {
        // C I - 1 1^T, integers: all non-zero singular values are C.
        var weight = new float[classes * classes];
        for (int i = 0; i < weight.Length; i++)
        {
            weight[i] = i / classes == i % classes ? classes - 1 : -1;
        }

        WeightNorms norms = WeightNorms.Of(weight, classes, classes);
        Assert.Equal(classes, norms.Spectral, classes * Relative);
        Assert.Equal(1 / Math.Sqrt(classes - 1), norms.AlignmentBound, Relative);
    }

    [Fact]
    public void TwoByTwoAgreesWithTheClosedForm()
    {
        for (ulong stream = 0; stream < 50; stream++)
        {
            float[] w = TestNumbers.Normal(stream, 4);
            double squares = w.Sum(x => (double)x * x);
            double determinant = ((double)w[0] * w[3]) - ((double)w[1] * w[2]);
            double spectral = Math.Sqrt((squares + Math.Sqrt((squares * squares) - (4 * determinant * determinant))) / 2);
            WeightNorms norms = WeightNorms.Of(w, 2, 2);
            Assert.Equal(Math.Sqrt(squares), norms.Frobenius, Relative);
            Assert.Equal(spectral, norms.Spectral, 10 * Relative * spectral);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 31)]
    [InlineData(31, 1)]
    [InlineData(10, 64)]
    [InlineData(64, 10)]
    public void LiesBetweenTheBoundsOfAnyMatrix(int rows, int columns)
    {
        float[] weight = TestNumbers.Normal(3, rows * columns);
        WeightNorms norms = WeightNorms.Of(weight, rows, columns);
        double longestRow = Enumerable.Range(0, rows).Max(i => Math.Sqrt(weight.Skip(i * columns).Take(columns).Sum(x => (double)x * x)));
        double slack = Relative * norms.Frobenius;
        Assert.InRange(norms.Spectral, longestRow - slack, norms.Frobenius + slack);
        Assert.InRange(norms.AlignmentBound, (1 / Math.Sqrt(Math.Min(rows, columns))) - Relative, 1 + Relative);

        // The transpose has the same singular values; a close second one leaves some of the tolerance unspent.
        var transposed = new float[weight.Length];
        for (int i = 0; i < weight.Length; i++)
        {
            transposed[(i % columns * rows) + (i / columns)] = weight[i];
        }

        Assert.Equal(norms.Spectral, WeightNorms.Of(transposed, columns, rows).Spectral, 100 * slack);
    }

    [Fact]
    public void ZeroAndEmptyWeightsHaveNoDirection()
    {
        Assert.Equal(new WeightNorms(0, 0), WeightNorms.Of([0, 0, 0, 0], 2, 2));
        Assert.Equal(new WeightNorms(0, 0), WeightNorms.Of([], 0, 5));
        Assert.True(double.IsNaN(WeightNorms.Of([0], 1, 1).Normalise(0)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void NonFiniteWeightsStayNonFinite(float bad)
    {
        WeightNorms norms = WeightNorms.Of([1, 2, bad, 4], 2, 2);
        Assert.False(double.IsFinite(norms.Frobenius));
        Assert.False(double.IsFinite(norms.Spectral));
        Assert.True(double.IsNaN(norms.AlignmentBound));
    }

    [Fact]
    public void ShapeMustFit() =>
        Assert.Throws<ArgumentException>("weight", () => WeightNorms.Of([1, 2, 3], 2, 2));
}
