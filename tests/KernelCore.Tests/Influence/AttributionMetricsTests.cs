using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Runs;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class AttributionMetricsTests
{
    [Fact]
    public void Correlations_by_hand()
    {
        Assert.Equal(1, AttributionMetrics.Pearson([1, 2, 4], [3, 5, 9]), 1e-15);
        Assert.Equal(-1, AttributionMetrics.Spearman([1, 2, 4], [0.3, 0.2, -7]), 1e-15);

        // Ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: 4.5 / sqrt(4.5 x 5).
        Assert.Equal(4.5 / Math.Sqrt(22.5), AttributionMetrics.Spearman([1, 2, 2, 3], [1, 2, 3, 4]), 1e-15);
        Assert.True(double.IsNaN(AttributionMetrics.Pearson([0.1, 0.1, 0.1], [1, 2, 3])));
        Assert.True(double.IsNaN(AttributionMetrics.Spearman([1, double.NaN], [1, 2])));
        Assert.True(double.IsNaN(AttributionMetrics.Pearson([], [])));
        Assert.Throws<ArgumentException>(() => AttributionMetrics.Pearson([1], []));
    }

    [Fact]
    public void True_contributions_of_an_additive_model_have_lds_one()
    {
        const int tests = 4, trains = 12, subsets = 30;
        var influence = new InfluenceMatrix(tests, trains, [.. Enumerable.Range(0, tests * trains).Select(i => Philox.Normal(1, 1, (ulong)i))]);
        SubsetMasks masks = SubsetMasks.Draw(SubsetKind.FixedSize, subsets, trains, 0.5, 2);
        float[] outputs = [.. Enumerable.Range(0, subsets).SelectMany(s => Enumerable.Range(0, tests).Select(
            t => (float)Enumerable.Range(0, trains).Where(i => masks[s, i]).Sum(i => (double)influence[t, i])))];
        CorrelationResult right = AttributionMetrics.LinearDatamodelingScore(influence, masks, outputs, Samples.Device);
        Assert.Equal(1, right.Mean, 1e-12);
        Assert.Equal((right.Mean, right.Mean), (right.Low, right.High));

        var wrong = new InfluenceMatrix(tests, trains, [.. influence.Values.Select(v => -v)]);
        Assert.Equal(-1, AttributionMetrics.LinearDatamodelingScore(wrong, masks, outputs, Samples.Device).Mean, 1e-12);
        var nothing = new InfluenceMatrix(tests, trains);
        Assert.True(double.IsNaN(AttributionMetrics.LinearDatamodelingScore(nothing, masks, outputs, Samples.Device).Mean));
    }

    [Fact]
    public void The_interval_holds_the_mean_and_shrinks_with_samples()
    {
        CorrelationResult Of(int tests) => AttributionMetrics.LeaveOneOutCorrelation(Noise(tests, 1), Noise(tests, 2));
        CorrelationResult few = Of(20), many = Of(500);
        Assert.InRange(few.Mean, few.Low, few.High);
        Assert.InRange(many.Mean, many.Low, many.High);
        Assert.True(many.High - many.Low < few.High - few.Low);

        static InfluenceMatrix Noise(int tests, ulong seed) =>
            new(tests, 10, [.. Enumerable.Range(0, tests * 10).Select(i => Philox.Normal(seed, 0, (ulong)i))]);
    }

    [Fact]
    public void Mislabels_rank_by_self_influence() =>
        Assert.Equal(new MislabelDetection(1, 1), AttributionMetrics.Mislabels([3, 1, 2, 0], [true, false, true, false]));

    [Fact]
    public void Removal_retrains_on_what_is_left()
    {
        var data = new DataSplit(Samples.Random(20, [4], 2, 1), Samples.Random(30, [4], 2, 2));
        var sizes = new List<int>();
        SubsetTrainer train = SubsetStudy.Trainer(new RunOptions { Data = "random", Architecture = "mlp", Epochs = 1 });
        double[] scores = [.. Enumerable.Range(0, 20).Select(i => (double)i)];
        IReadOnlyList<RemovalPoint> points = RemovalCurve.Measure(
            data, scores, [0, 0.25, 0.95],
            (device, subset, model, token) =>
            {
                Assert.Equal(data.Train.Labels.Take(subset.Count), subset.Labels);
                sizes.Add(subset.Count);
                return train(device, subset, model, token);
            },
            Samples.Device);
        Assert.Equal([20, 15, 1], sizes);
        Assert.Equal([0, 5, 19], points.Select(p => p.Removed));
        Assert.All(points, p => Assert.InRange(p.Test.Accuracy, 0, 1));
    }
}
