using KernelCore.Kernels.Definitions;

namespace KernelCore.Kernels.Tests;

/// <summary>erf and erfc against tabulated values, and against each other.</summary>
public sealed class ErrorFunctionTests
{
    /// <summary>x, erf(x), erfc(x), correctly rounded.</summary>
    public static TheoryData<double, double, double> Table => new()
    {
        { 0, 0, 1 },
        { 0.1, 0.1124629160182849, 0.8875370839817152 },
        { 0.3, 0.3286267594591274, 0.6713732405408726 },
        { 0.5, 0.5204998778130465, 0.4795001221869535 },
        { 1, 0.8427007929497149, 0.15729920705028513 },
        { 2, 0.9953222650189527, 0.004677734981047265 },
        { 3.9, 0.9999999652077514, 3.479224859723177e-08 },
        { 4.5, 0.9999999998033839, 1.9661604415428873e-10 },
        { 6, 1, 2.1519736712498916e-17 },
        { 10, 1, 2.088487583762545e-45 },
        { double.PositiveInfinity, 1, 0 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void MatchesTheTable(double x, double erf, double erfc)
    {
        Assert.Equal(erf, ErrorFunction.Erf(x), 1e-15 * erf);
        Assert.Equal(-erf, ErrorFunction.Erf(-x), 1e-15 * erf);
        Assert.Equal(erfc, ErrorFunction.Erfc(x), 1e-14 * erfc);
        Assert.Equal(1 + erf, ErrorFunction.Erfc(-x), 1e-15);
    }

    [Fact]
    public void IsContinuousWhereTheFormulasMeet()
    {
        foreach (double seam in (double[])[0.46875, 4])
        {
            Assert.Equal(ErrorFunction.Erfc(seam), ErrorFunction.Erfc(Math.BitIncrement(seam)), 1e-14 * ErrorFunction.Erfc(seam));
        }
    }

    [Fact]
    public void NaNGivesNaN()
    {
        Assert.True(double.IsNaN(ErrorFunction.Erf(double.NaN)));
        Assert.True(double.IsNaN(ErrorFunction.Erfc(double.NaN)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-300)]
    [InlineData(1e-17)]
    [InlineData(1e-9)]
    [InlineData(0.3)]
    [InlineData(5)]
    public void LogOnePlusKeepsSmallArguments(double x)
    {
        double series = x < 1e-8 ? x - (x * x / 2) : Math.Log(1 + x);
        Assert.Equal(series, Elementary.LogOnePlus(x), 4e-16 * series);
    }
}
