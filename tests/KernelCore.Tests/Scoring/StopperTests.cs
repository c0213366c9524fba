using KernelCore.Conformance;
using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

public sealed class StopperTests
{
    private static GwaEpoch Epoch(int number, double value, GwaStatus status = GwaStatus.Ok) => new(number, 1, 0, 1, 0, value, status);

    /// <summary>Best epoch after each observation; 0 while there is none.</summary>
    private static int[] Run(GwaStopper stopper, params double[] values) => values.Select((value, i) =>
    {
        int? before = stopper.BestEpoch;
        bool improved = stopper.Observe(Epoch(i + 1, value, double.IsNaN(value) ? GwaStatus.Undefined : GwaStatus.Ok));
        Assert.Equal(before != stopper.BestEpoch, improved);
        return stopper.BestEpoch ?? 0;
    }).ToArray();

    [Fact]
    public void FromScratchIgnoresTheFirstTenth()
    {
        var stopper = new GwaStopper(GwaRegime.FromScratch, plannedEpochs: 20);
        Assert.Equal([0, 0, 3, 3, 5, 5, 5, 8], Run(stopper, 9, 8, 1, 0.5, 2, 2, double.NaN, 3));
        Assert.Equal(3, stopper.Best!.Value);
    }

    [Theory]
    [InlineData(0, 0.1, 0)]
    [InlineData(5, 0.1, 0)]
    [InlineData(10, 0.1, 1)]
    [InlineData(19, 0.1, 1)]
    [InlineData(30, 0.1, 3)]
    [InlineData(100, 0.29, 29)]
    [InlineData(10, 0, 0)]
    [InlineData(10, 1, 10)]
    public void WarmupCountsWholeEpochs(int planned, double warmup, int ignored)
    {
        var stopper = new GwaStopper(GwaRegime.FromScratch, planned, warmup);
        for (int epoch = 1; epoch <= ignored; epoch++)
        {
            Assert.False(stopper.Observe(Epoch(epoch, 1)));
        }

        Assert.True(stopper.Observe(Epoch(ignored + 1, 0)));
    }

    [Fact]
    public void FineTuneTakesTheMaximumAfterTheInitialMinimum()
    {
        var stopper = new GwaStopper(GwaRegime.FineTune, plannedEpochs: 100);
        Assert.Equal([0, 0, 0, 0, 5, 5, 7, 7], Run(stopper, 5, 3, 3, 1, 2, 1.5, 2.5, 0.5));
    }

    [Fact]
    public void FineTuneWithoutARiseHasNoBest()
    {
        var stopper = new GwaStopper(GwaRegime.FineTune, plannedEpochs: 4);
        Assert.Equal([0, 0, 0, 0], Run(stopper, 4, double.NaN, 3, 3));
        Assert.Null(stopper.Best);
    }

    [Fact]
    public void FineTuneThatRisesAtOnceCountsFromTheSecondEpoch() =>
        Assert.Equal([0, 2, 3, 3], Run(new GwaStopper(GwaRegime.FineTune, 4), 1, 2, 3, -3));

    [Theory]
    [InlineData(GwaRegime.FromScratch)]
    [InlineData(GwaRegime.FineTune)]
    public void UndefinedEpochsLeaveNoTrace(GwaRegime regime)
    {
        double[] values = [3, 1, 2, 5, 4];
        var plain = new GwaStopper(regime, 0);
        var holed = new GwaStopper(regime, 0);
        for (int i = 0; i < values.Length; i++)
        {
            holed.Observe(Epoch(i + 1, double.NaN, GwaStatus.Undefined));
            Assert.Equal(plain.Observe(Epoch(i + 1, values[i])), holed.Observe(Epoch(i + 1, values[i])));
        }

        Assert.Equal(plain.Best, holed.Best);
    }

    [Fact]
    public void NearPoleEpochsCountOnlyOnRequest()
    {
        var strict = new GwaStopper(GwaRegime.FromScratch, 0);
        var plain = new GwaStopper(GwaRegime.FromScratch, 0, acceptNearPole: true);
        foreach (GwaStopper stopper in new[] { strict, plain })
        {
            stopper.Observe(Epoch(1, 1));
            stopper.Observe(Epoch(2, double.PositiveInfinity, GwaStatus.NearPole));
            stopper.Observe(Epoch(3, 2));
        }

        Assert.Equal(3, strict.BestEpoch);
        Assert.Equal(2, plain.BestEpoch);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void WarmupIsAFraction(double warmup) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GwaStopper(GwaRegime.FromScratch, 10, warmup));

    [Fact]
    public void LabelWaveStopsAtTheFirstMinimum()
    {
        var stopper = new LabelWaveStopper(window: 1);
        bool[] candidate = new[] { 0, 90, 50, 20, 30, 5 }.Select(stopper.Observe).ToArray();
        Assert.Equal([false, false, true, true, false, false], candidate);
        Assert.True(stopper.Stopped);
        Assert.Equal(4, stopper.BestEpoch);
    }

    [Fact]
    public void LabelWaveSmoothsOverTheWindow()
    {
        // Averages of two: epoch 3: 70, 4: 35, 5: 25, 6: 27.5. The raw minimum at epoch 4 is passed over.
        var stopper = new LabelWaveStopper(window: 2);
        double[] averages = new[] { 0, 90, 50, 20, 30, 25 }.Select(changes =>
        {
            Assert.False(stopper.Stopped);
            stopper.Observe(changes);
            return stopper.Average;
        }).ToArray();
        Assert.Equal([double.NaN, double.NaN, 70, 35, 25, 27.5], averages);
        Assert.True(stopper.Stopped);
        Assert.Equal(5, stopper.BestEpoch);
    }

    [Theory]
    [InlineData(new[] { 0 })]
    [InlineData(new[] { 0, 10, 20, 30, 40 })]
    [InlineData(new[] { 0, 10, 10, 10 })]
    public void LabelWaveNeedsAFall(int[] changes)
    {
        var stopper = new LabelWaveStopper(window: 1);
        Assert.DoesNotContain(true, changes.Select(stopper.Observe));
        Assert.False(stopper.Stopped);
        Assert.Null(stopper.BestEpoch);
    }

    [Fact]
    public void LabelWaveTakesTheFirstEpochOfAPlateau()
    {
        var stopper = new LabelWaveStopper(window: 1);
        foreach (int changes in new[] { 0, 9, 4, 4, 4, 5 })
        {
            stopper.Observe(changes);
        }

        Assert.True(stopper.Stopped);
        Assert.Equal(3, stopper.BestEpoch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void LabelWaveAgreesWithTheDefinition(int window)
    {
        for (ulong stream = 0; stream < 50; stream++)
        {
            int[] changes = TestNumbers.Integers(stream, 20, 6);
            var stopper = new LabelWaveStopper(window);
            foreach (int change in changes)
            {
                stopper.Observe(change);
            }

            int? minimum = FirstLocalMinimum(changes, window);
            Assert.Equal(minimum.HasValue, stopper.Stopped);
            if (minimum.HasValue)
            {
                Assert.Equal(minimum, stopper.BestEpoch);
            }
        }
    }

    [Fact]
    public void LabelWaveRefusesNonsense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LabelWaveStopper(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LabelWaveStopper().Observe(-1));
    }

    /// <summary>First epoch t whose average is below that of t - 1 and below the next one that differs from it.</summary>
    private static int? FirstLocalMinimum(int[] changes, int window)
    {
        int Sum(int epoch) => changes.Take(epoch).TakeLast(window).Sum();
        for (int t = window + 2; t <= changes.Length; t++)
        {
            int next = Enumerable.Range(t, changes.Length - t + 1).FirstOrDefault(s => Sum(s) != Sum(t));
            if (Sum(t) < Sum(t - 1) && next > 0 && Sum(next) > Sum(t))
            {
                return t;
            }
        }

        return null;
    }
}
