using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

public sealed class MomentsTests
{
    private const double Roundoff = 1.0 / (1L << 53);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(257)]
    public void OnePassEqualsTwoPasses(int count)
    {
        float[] values = TestNumbers.Normal(1, count);
        Moments moments = default;
        moments.AddRange(values);
        AssertCentralMoments(values, moments);
    }

    [Fact]
    public void EveryTwoWaySplitMergesToTheWhole()
    {
        float[] values = TestNumbers.Normal(2, 61);
        for (int split = 0; split <= values.Length; split++)
        {
            Moments left = default, right = default;
            left.AddRange(values.AsSpan(0, split));
            right.AddRange(values.AsSpan(split));
            left.Merge(right);
            AssertCentralMoments(values, left);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomBatchesMergeToTheWholeAsATreeAndAsAChain(ulong seed)
    {
        float[] values = TestNumbers.Normal(seed, 500);
        var parts = new List<Moments> { default };
        for (int start = 0; start < values.Length;)
        {
            int end = Math.Min(start + Philox.Integer(seed, 99, (ulong)parts.Count, 40), values.Length);
            Moments part = default;
            part.AddRange(values.AsSpan(start, end - start));
            parts.Add(part);
            start = end;
        }

        Moments chain = default;
        foreach (Moments part in parts)
        {
            chain.Merge(part);
        }

        while (parts.Count > 1)
        {
            Moments merged = parts[0];
            merged.Merge(parts[1]);
            parts.RemoveRange(0, 2);
            parts.Add(merged);
        }

        AssertCentralMoments(values, chain);
        AssertCentralMoments(values, parts[0]);
    }

    [Fact]
    public void ALargeOffsetCostsNoDigitsOfTheVariance()
    {
        const double offset = 1e8;
        Moments moments = default;
        for (int i = 0; i < 1000; i++)
        {
            moments.Add(offset + (i % 2));
        }

        // Two atoms, 1/2 on either side. The mean carries an error of at most n u offset, which enters squared.
        double meanError = 1000 * Roundoff * offset;
        Assert.InRange(moments.Mean, offset + 0.5 - meanError, offset + 0.5 + meanError);
        Assert.InRange(moments.Variance, 0.25 - (4 * meanError), 0.25 + (4 * meanError));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(100)]
    public void KurtosisOfAnEvenGridIsTheClosedForm(int n)
    {
        Moments moments = default;
        for (int i = 0; i < n; i++)
        {
            moments.Add(i);
        }

        double square = (double)n * n;
        Assert.Equal((square - 1) / 12, moments.Variance, 1e-13 * square);
        Assert.Equal(-6 * (square + 1) / (5 * (square - 1)), moments.ExcessKurtosis, 1e-12);
    }

    [Fact]
    public void EmptyAndSingleSets()
    {
        Moments moments = default;
        Assert.True(double.IsNaN(moments.Mean));
        Assert.True(double.IsNaN(moments.Variance));
        Assert.True(double.IsNaN(moments.ExcessKurtosis));

        moments.Merge(default);
        Assert.Equal(0, moments.Count);

        moments.Add(3);
        Assert.Equal(1, moments.Count);
        Assert.Equal(3, moments.Mean);
        Assert.Equal(0, moments.Variance);
        Assert.True(double.IsNaN(moments.ExcessKurtosis));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(-7.3e20)]
    [InlineData(0)]
    public void ConstantValuesHaveNoKurtosis(double value)
    {
        Moments left = default, right = default;
        for (int i = 0; i < 100; i++)
        {
            left.Add(value);
            right.Add(value);
        }

        left.Merge(right);
        Assert.Equal(value, left.Mean);
        Assert.Equal(0, left.M2);
        Assert.True(double.IsNaN(left.ExcessKurtosis));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NonFiniteValuesSpoilTheCentralMoments(float bad)
    {
        Moments moments = default;
        moments.AddRange([1, 2, bad, 3, 4]);
        Assert.Equal(5, moments.Count);
        Assert.False(double.IsFinite(moments.Mean));
        Assert.True(double.IsNaN(moments.Variance));
        Assert.True(double.IsNaN(moments.ExcessKurtosis));

        Moments merged = default;
        merged.AddRange([1, 2, 3]);
        merged.Merge(moments);
        Assert.True(double.IsNaN(merged.ExcessKurtosis));
    }

    [Fact]
    public void TheSameOrderGivesTheSameBits()
    {
        float[] values = TestNumbers.Normal(5, 1000);
        Moments range = default, single = default;
        range.AddRange(values);
        foreach (float value in values)
        {
            single.Add(value);
        }

        Assert.Equal(single, range);
    }

    /// <summary>
    /// Against the two-pass definition. Each of n updates rounds a few times, and an error e of the running mean moves
    /// |x - mean|^p by about p e |x - mean|^(p - 1): together below c n u sum (|x - mean| + |mean|)^p.
    /// </summary>
    private static void AssertCentralMoments(float[] values, Moments actual)
    {
        double mean = values.Sum(x => (double)x) / values.Length;
        double Central(int p) => values.Sum(x => Math.Pow(x - mean, p));
        double Bound(int p) => 16 * values.Length * Roundoff * values.Sum(x => Math.Pow(Math.Abs(x - mean) + Math.Abs(mean), p));

        Assert.Equal(values.Length, actual.Count);
        Assert.Equal(mean, actual.Mean, Bound(1));
        Assert.Equal(Central(2), actual.M2, Bound(2));
        Assert.Equal(Central(3), actual.M3, Bound(3));
        Assert.Equal(Central(4), actual.M4, Bound(4));
    }
}
