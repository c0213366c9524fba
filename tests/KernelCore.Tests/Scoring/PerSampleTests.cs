using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

public sealed class PerSampleTests
{
    /// <summary>Roundings of float inputs of size about 1, and of their mean.</summary>
    private const double FloatError = 4 * TestNumbers.UnitRoundoff;

    [Fact]
    public void AumIsTheMeanMargin()
    {
        var aum = new AumAccumulator(3);
        aum.Observe([1, 0], [1.26f, -2]);
        aum.Observe([1], [1.15f]);
        double[] scores = aum.Scores();
        Assert.Equal(-2, scores[0]);
        Assert.Equal(1.205, scores[1], FloatError);
        Assert.True(double.IsNaN(scores[2]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 3)]
    [InlineData(0.625, 3.5)]
    [InlineData(1, 5)]
    public void AumCutoffIsAPercentileOfTheThresholdSamples(double fraction, double expected) =>
        Assert.Equal(expected, AumAccumulator.Cutoff([5, 100, 1, 3, -100, 4, 2], [0, 2, 3, 5, 6], fraction));

    [Fact]
    public void AumCutoffWithoutUsableThresholdSamplesIsNaN()
    {
        Assert.True(double.IsNaN(AumAccumulator.Cutoff([1, 2], [])));
        Assert.True(double.IsNaN(AumAccumulator.Cutoff([1, double.NaN], [0, 1])));
        Assert.Equal(1, AumAccumulator.Cutoff([1, double.NaN], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => AumAccumulator.Cutoff([1], [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => AumAccumulator.Cutoff([1], [0], 1.5));
    }

    [Theory]
    [InlineData("010110", 2)]
    [InlineData("1", 0)]
    [InlineData("1010", 2)]
    [InlineData("10", 1)]
    [InlineData("0001", 0)]
    [InlineData("111111", 0)]
    public void ForgettingCountsFallsFromRightToWrong(string outcomes, double events)
    {
        var counter = new ForgettingCounter(1);
        foreach (char outcome in outcomes)
        {
            counter.Observe([0], [outcome == '1']);
        }

        Assert.Equal([events], counter.Scores());
        Assert.Equal([events], counter.Scores(NeverLearned.Infinity));
    }

    [Fact]
    public void NeverLearnedSamplesScorePresentationsOrInfinity()
    {
        var counter = new ForgettingCounter(2);
        counter.Observe([0], [false]);
        counter.Observe([0], [false]);
        Assert.Equal([2, double.NaN], counter.Scores());
        Assert.Equal([double.PositiveInfinity, double.NaN], counter.Scores(NeverLearned.Infinity));
    }

    [Fact]
    public void CartographyByHand()
    {
        var map = new CartographyAccumulator(2);
        map.Observe([0], [0.25f], [false]);
        map.Observe([0], [0.75f], [true]);
        map.Observe([0], [0.5f], [true]);
        Assert.Equal([0.5, double.NaN], map.Confidence());
        Assert.Equal(Math.Sqrt(0.125 / 3), map.Variability()[0], 1e-16);
        Assert.Equal([2 / 3.0, double.NaN], map.Correctness());
        Assert.True(double.IsNaN(map.Variability()[1]));
    }

    [Theory]
    [InlineData("0110111", 1, 2)]
    [InlineData("0110111", 2, 3)]
    [InlineData("0110111", 3, 7)]
    [InlineData("0110111", 4, double.PositiveInfinity)]
    [InlineData("1", 1, 1)]
    [InlineData("000", 1, double.PositiveInfinity)]
    public void FirstKEpochLearningIsTheEndOfTheFirstRun(string outcomes, int k, double expected)
    {
        var learning = new FirstKEpochLearning(2, k);
        for (int epoch = 1; epoch <= outcomes.Length; epoch++)
        {
            learning.Observe(epoch, [0], [outcomes[epoch - 1] == '1']);
        }

        Assert.Equal([expected, double.NaN], learning.Scores());
    }

    [Fact]
    public void FirstKEpochLearningStepsOverEpochsNotSeen()
    {
        var learning = new FirstKEpochLearning(1, k: 2);
        learning.Observe(3, [0], [true]);
        learning.Observe(9, [0], [true]);
        Assert.Equal([9], learning.Scores());
    }

    [Fact]
    public void PredictionChangesAgainstTheEpochBefore()
    {
        var changes = new PredictionChanges(4);
        changes.Observe([0, 1, 2], [5, 5, 0]);
        Assert.Equal(0, changes.CloseEpoch());
        changes.Observe([2, 1], [1, 5]);
        changes.Observe([0, 3], [4, 7]);
        Assert.Equal(2, changes.CloseEpoch());
        changes.Observe([3, 0], [7, 5]);
        Assert.Equal(1, changes.CloseEpoch());
        Assert.Equal(0, changes.CloseEpoch());
    }

    [Fact]
    public void VarianceOfGradientsGolden()
    {
        var vog = new VarianceOfGradients(2, pixels: 2);
        vog.Observe([1], [1, 2]);
        Assert.Equal([double.NaN, 0], vog.Scores());
        vog.Observe([1], [3, 2]);
        vog.Observe([1], [2, 5]);
        Assert.Equal(1.1153550716504106, vog.Scores()[1], 4e-16);
    }

    [Fact]
    public void WithinClassScoresHaveMeanZeroAndDeviationOne()
    {
        double[] scores = TestNumbers.Normal(3, 200).Select(x => (double)x).ToArray();
        int[] labels = TestNumbers.Integers(4, 200, 5);
        double[] z = VarianceOfGradients.WithinClass(scores, labels);
        for (int label = 0; label < 5; label++)
        {
            double[] own = z.Where((_, i) => labels[i] == label).ToArray();
            Assert.Equal(0, own.Average(), 1e-13);
            Assert.Equal(1, own.Average(x => x * x), 1e-13);
        }
    }

    [Fact]
    public void WithinClassByHandAndDegenerate()
    {
        Assert.Equal([-1, double.NaN, 1], VarianceOfGradients.WithinClass([1, 9, 3], [0, -7, 0]));
        Assert.Equal([double.NaN, double.NaN], VarianceOfGradients.WithinClass([2, 2], [0, 0]));
        Assert.Equal([double.NaN, double.NaN, 1, -1], VarianceOfGradients.WithinClass([double.NaN, 1, 3, 1], [0, 0, 1, 1]));
        Assert.Empty(VarianceOfGradients.WithinClass([], []));
        Assert.Throws<ArgumentException>(() => VarianceOfGradients.WithinClass([1], []));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(37)]
    public void BatchingAndOrderWithinAnEpochDoNotChangeABit(int batch)
    {
        const int samples = 37, epochs = 9;
        var (whole, parts) = (new Everything(samples), new Everything(samples));
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            int[] ids = Enumerable.Range(0, samples).ToArray();
            whole.Observe(epoch, ids);
            Philox.Shuffle(ids.AsSpan(), seed: 11, (ulong)epoch);
            foreach (int[] part in ids.Chunk(batch))
            {
                parts.Observe(epoch, part);
            }

            Assert.Equal(whole.Changes.CloseEpoch(), parts.Changes.CloseEpoch());
        }

        Assert.Equal(whole.Scores(), parts.Scores());
    }

    [Fact]
    public void StreamedStatisticsMatchTheTwoPassDefinitions()
    {
        const int samples = 11, epochs = 20;
        var all = new Everything(samples);
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            all.Observe(epoch, Enumerable.Range(0, samples).ToArray());
        }

        for (int id = 0; id < samples; id++)
        {
            double[] values = Enumerable.Range(1, epochs).Select(epoch => (double)Everything.Value(epoch, id)).ToArray();
            bool[] correct = values.Select(x => x > 0).ToArray();
            double mean = values.Average();

            // 20 terms of size about 1: a handful of roundings each.
            Assert.Equal(mean, all.Means.Scores()[id], 1e-14);
            Assert.Equal(mean, all.Map.Confidence()[id], 1e-14);
            Assert.Equal(Math.Sqrt(values.Average(x => (x - mean) * (x - mean))), all.Map.Variability()[id], 1e-14);
            Assert.Equal(correct.Count(x => x) / (double)epochs, all.Map.Correctness()[id]);
            Assert.Equal(correct.Zip(correct.Skip(1)).Count(pair => pair.First && !pair.Second), all.Forgetting.Scores()[id]);
        }
    }

    [Fact]
    public void BadArgumentsAreNamed()
    {
        Assert.Throws<ArgumentException>("values", () => new SampleMeans(1).Observe([0], []));
        Assert.Throws<ArgumentOutOfRangeException>("sampleIds", () => new ForgettingCounter(1).Observe([1], [true]));
        Assert.Throws<ArgumentException>("correct", () => new FirstKEpochLearning(1, 1).Observe(1, [0], []));
        Assert.Throws<ArgumentException>("probabilities", () => new CartographyAccumulator(1).Observe([0], [], [true]));
        Assert.Throws<ArgumentException>("predictions", () => new PredictionChanges(1).Observe([0], []));
        Assert.Throws<ArgumentException>("gradients", () => new VarianceOfGradients(1, 2).Observe([0], [1]));
        Assert.Throws<ArgumentOutOfRangeException>("samples", () => new VarianceOfGradients(1 << 20, 1 << 20));
        Assert.Throws<ArgumentOutOfRangeException>("k", () => new FirstKEpochLearning(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>("epoch", () => new FirstKEpochLearning(1, 1).Observe(0, [], []));
    }

    [Fact]
    public void NoSamplesIsFine()
    {
        var all = new Everything(0);
        all.Observe(1, []);
        Assert.All(all.Scores(), Assert.Empty);
    }

    /// <summary>All accumulators, fed the same reproducible stream.</summary>
    private sealed class Everything(int samples)
    {
        public SampleMeans Means { get; } = new(samples);

        public AumAccumulator Aum { get; } = new(samples);

        public ForgettingCounter Forgetting { get; } = new(samples);

        public CartographyAccumulator Map { get; } = new(samples);

        public FirstKEpochLearning Learning { get; } = new(samples, k: 2);

        public PredictionChanges Changes { get; } = new(samples);

        public VarianceOfGradients Vog { get; } = new(samples, pixels: 1);

        public static float Value(int epoch, int id) => Philox.Normal(5, (ulong)epoch, (ulong)id);

        public void Observe(int epoch, int[] ids)
        {
            float[] values = Array.ConvertAll(ids, id => Value(epoch, id));
            bool[] correct = Array.ConvertAll(values, value => value > 0);
            Means.Observe(ids, values);
            Aum.Observe(ids, values);
            Forgetting.Observe(ids, correct);
            Map.Observe(ids, values, correct);
            Learning.Observe(epoch, ids, correct);
            Changes.Observe(ids, Array.ConvertAll(correct, c => c ? 1 : 0));
            Vog.Observe(ids, values);
        }

        public double[][] Scores() =>
        [
            Means.Scores(), Aum.Scores(), Forgetting.Scores(), Map.Confidence(), Map.Variability(), Map.Correctness(),
            Learning.Scores(), Vog.Scores(),
        ];
    }
}
