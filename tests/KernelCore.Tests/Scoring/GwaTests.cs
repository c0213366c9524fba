using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

public sealed class GwaTests
{
    /// <summary>Half a unit of the tenth decimal, to which the golden values are given, plus the rounding of the evaluation.</summary>
    private const double Printed = 0.51e-10;

    /// <summary>gamma of a three-class head on four samples, from the closed form -(p - y).(W z) / (||z|| ||p - y|| ||W||_F).</summary>
    private static double[] HeadFixture()
    {
        double[][] w = [[1, 0, -1], [0, 2, 1], [-1, 1, 0.5]];
        double[] b = [0.1, -0.2, 0.3];
        double[][] z = [[1, 2, 0], [0, -1, 1], [2, 0, 1], [0.5, 0.5, 0.5]];
        int[] y = [1, 0, 0, 2];
        double norm = Math.Sqrt(w.Sum(row => row.Sum(x => x * x)));
        return z.Select((input, i) =>
        {
            double[] wz = w.Select(row => row.Zip(input, (u, v) => u * v).Sum()).ToArray();
            double[] exp = wz.Zip(b, (s, bias) => Math.Exp(s + bias)).ToArray();
            double[] delta = exp.Select((e, c) => (e / exp.Sum()) - (c == y[i] ? 1 : 0)).ToArray();
            double length = Math.Sqrt(input.Sum(x => x * x) * delta.Sum(x => x * x));
            return -delta.Zip(wz, (d, s) => d * s).Sum() / (length * norm);
        }).ToArray();
    }

    [Fact]
    public void GoldenEpoch()
    {
        double[] gamma = HeadFixture();
        double[] expected = [0.3595852912, -0.0670438015, 0.0327523880, -0.2673037753];
        Moments moments = default;
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(expected[i], gamma[i], Printed);
            moments.Add(gamma[i]);
        }

        GwaEpoch epoch = GwaEpoch.Of(7, moments);
        Assert.Equal(7, epoch.Epoch);
        Assert.Equal(4, epoch.Count);
        Assert.Equal(0.0144975256, epoch.Mean, Printed);
        Assert.Equal(gamma.Sum(x => (x - epoch.Mean) * (x - epoch.Mean)) / 4, epoch.Variance, 1e-16);
        Assert.Equal(-1.0548543089, epoch.ExcessKurtosis, Printed);
        Assert.Equal(0.0998825764, epoch.Value, Printed);
        Assert.Equal(GwaStatus.Ok, epoch.Status);
        Assert.False(epoch.IsSignFlipped);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void BatchesOfFloatsGiveTheSameEpoch(int batch)
    {
        float[] gamma = HeadFixture().Select(x => (float)x).ToArray();
        Moments moments = default;
        moments.AddRange(gamma);

        var accumulator = new GwaAccumulator();
        foreach (float[] part in gamma.Chunk(batch))
        {
            accumulator.Add(part);
        }

        Assert.Equal(GwaEpoch.Of(1, moments), accumulator.CloseEpoch());
    }

    [Fact]
    public void BeyondThePoleTheSignFlipsAndNothingIsClamped()
    {
        Moments moments = default;
        for (int i = 0; i < 50; i++)
        {
            moments.Add(0.1);
            moments.Add(0.5);
        }

        GwaEpoch epoch = GwaEpoch.Of(1, moments);
        Assert.Equal(-2, epoch.ExcessKurtosis, 1e-13);
        Assert.Equal(-0.375, epoch.Value, 1e-13);
        Assert.Equal(GwaStatus.Ok, epoch.Status);
        Assert.True(epoch.IsSignFlipped);
    }

    [Fact]
    public void AnEvenGridIsOnThePole()
    {
        // K_ex of n even steps is -1.2 - 2.4 / (n^2 - 1).
        Moments moments = default;
        for (int i = 0; i < 100; i++)
        {
            moments.Add(i);
        }

        GwaEpoch epoch = GwaEpoch.Of(1, moments);
        Assert.Equal(GwaStatus.NearPole, epoch.Status);
        Assert.Equal(49.5 / (-2.4 / 9999), epoch.Value, 1e-12 / (2.4 / 9999) * Math.Abs(epoch.Value));
        Assert.Equal(GwaStatus.Ok, GwaEpoch.Of(1, moments, poleWidth: 0).Status);
    }

    [Theory]
    [InlineData(new float[0])]
    [InlineData(new[] { 0.25f })]
    [InlineData(new[] { 0.1f, 0.1f, 0.1f })]
    [InlineData(new[] { 0.1f, float.NaN, 0.3f })]
    public void WithoutSpreadOrWithNaNThereIsNoValue(float[] gamma)
    {
        var accumulator = new GwaAccumulator();
        accumulator.Add(gamma);
        GwaEpoch epoch = accumulator.CloseEpoch();
        Assert.Equal(GwaStatus.Undefined, epoch.Status);
        Assert.True(double.IsNaN(epoch.Value));
    }

    [Fact]
    public void EpochsAreNumberedFromOneAndIndependent()
    {
        var accumulator = new GwaAccumulator();
        accumulator.Add([1, 2, 4]);
        Assert.Equal(3, accumulator.Current.Count);
        GwaEpoch first = accumulator.CloseEpoch();
        Assert.Equal(GwaStatus.Undefined, accumulator.CloseEpoch().Status);
        accumulator.Add([1, 2, 4]);
        GwaEpoch third = accumulator.CloseEpoch();
        Assert.Equal(1, first.Epoch);
        Assert.Equal(first with { Epoch = 3 }, third);
    }

    [Fact]
    public void LatestScoresAreKeptById()
    {
        var accumulator = new GwaAccumulator(samples: 4);
        accumulator.Add([2, 0], [0.5f, 0.25f]);
        Assert.Equal([0.25f, float.NaN, 0.5f, float.NaN], accumulator.LatestScores.ToArray());
        accumulator.CloseEpoch();
        accumulator.Add([2, 3], [-1, 1]);
        Assert.Equal([0.25f, float.NaN, -1, 1], accumulator.LatestScores.ToArray());
        Assert.Equal(2, accumulator.Current.Count);
    }

    [Fact]
    public void BadArgumentsChangeNothing()
    {
        var accumulator = new GwaAccumulator(samples: 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => accumulator.Add([0, 2], [1, 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => accumulator.Add([-1], [1]));
        Assert.Throws<ArgumentException>(() => accumulator.Add([0, 1], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GwaAccumulator(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GwaAccumulator(0, poleWidth: -1));
        Assert.Equal(0, accumulator.Current.Count);
        Assert.All(accumulator.LatestScores.ToArray(), score => Assert.True(float.IsNaN(score)));
    }
}
