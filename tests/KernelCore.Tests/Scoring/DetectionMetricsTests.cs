using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Scoring;
using static KernelCore.Scoring.ScoreDirection;

namespace KernelCore.Tests.Scoring;

public sealed class DetectionMetricsTests
{
    /// <summary>Quotients and sums of at most a few hundred terms below 1.</summary>
    private const double Rounding = 1e-13;

    [Fact]
    public void ScikitLearnExample()
    {
        double[] scores = [0.1, 0.4, 0.35, 0.8];
        bool[] positives = [false, false, true, true];
        Assert.Equal(0.75, DetectionMetrics.Auroc(scores, positives));
        Assert.Equal(5 / 6.0, DetectionMetrics.AveragePrecision(scores, positives), Rounding);
        Assert.Equal(
            [new RocPoint(0, 0, double.PositiveInfinity), new(0, 0.5, 0.8), new(0.5, 0.5, 0.4), new(0.5, 1, 0.35), new(1, 1, 0.1)],
            DetectionMetrics.RocCurve(scores, positives));
    }

    [Fact]
    public void PerfectAndReversedRankings()
    {
        double[] scores = [1, 2, 3, 4, 5];
        bool[] positives = [false, false, false, true, true];
        Assert.Equal(1, DetectionMetrics.Auroc(scores, positives));
        Assert.Equal(1, DetectionMetrics.AveragePrecision(scores, positives));
        Assert.Equal(
            [new RocPoint(0, 0, double.PositiveInfinity), new(0, 1, 4), new(1, 1, 1)], DetectionMetrics.RocCurve(scores, positives));

        Assert.Equal(0, DetectionMetrics.Auroc(scores, positives, LowerIsSuspicious));
        Assert.Equal(((1 / 4.0) + (2 / 5.0)) / 2, DetectionMetrics.AveragePrecision(scores, positives, LowerIsSuspicious), Rounding);
        Assert.Equal(
            [new RocPoint(0, 0, double.NegativeInfinity), new(1, 0, 3), new(1, 1, 5)],
            DetectionMetrics.RocCurve(scores, positives, LowerIsSuspicious));
    }

    [Fact]
    public void ConstantScoresAreChance()
    {
        double[] scores = [2, 2, 2, 2];
        bool[] positives = [true, false, false, false];
        Assert.Equal(0.5, DetectionMetrics.Auroc(scores, positives));
        Assert.Equal(0.25, DetectionMetrics.AveragePrecision(scores, positives));
        Assert.Equal(
            [new RocPoint(0, 0, double.PositiveInfinity), new(1, 1, 2)], DetectionMetrics.RocCurve(scores, positives));
    }

    [Fact]
    public void ZerosOfEitherSignTie() => Assert.Equal(0.5, DetectionMetrics.Auroc([0.0, -0.0], [true, false]));

    [Theory]
    [InlineData(new bool[0])]
    [InlineData(new[] { true })]
    [InlineData(new[] { false })]
    [InlineData(new[] { true, true, true })]
    [InlineData(new[] { false, false, false })]
    public void OneClassAloneHasNoMetric(bool[] positives)
    {
        double[] scores = [.. positives.Select((_, i) => (double)i)];
        Assert.True(double.IsNaN(DetectionMetrics.Auroc(scores, positives)));
        Assert.True(double.IsNaN(DetectionMetrics.AveragePrecision(scores, positives)));
        Assert.Empty(DetectionMetrics.RocCurve(scores, positives));
    }

    [Theory]
    [InlineData(HigherIsSuspicious)]
    [InlineData(LowerIsSuspicious)]
    public void NaNRanksAsMostSuspicious(ScoreDirection direction)
    {
        double extreme = direction == HigherIsSuspicious ? double.PositiveInfinity : double.NegativeInfinity;
        double[] scores = [0, double.NaN, extreme, 1, double.NaN];

        // NaN, NaN | infinity | the rest: positives are one NaN and the infinity.
        bool[] positives = [false, true, true, false, false];
        Assert.Equal((2.5 + 2) / 6, DetectionMetrics.Auroc(scores, positives, direction), Rounding);
        Assert.Equal(((1 / 2.0) + (2 / 3.0)) / 2, DetectionMetrics.AveragePrecision(scores, positives, direction), Rounding);
        RocPoint[] curve = DetectionMetrics.RocCurve(scores, positives, direction);
        Assert.True(double.IsNaN(curve[1].Threshold));
        Assert.Equal(extreme, curve[2].Threshold);
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(17, 1)]
    [InlineData(60, 4)]
    [InlineData(101, 20)]
    [InlineData(150, 100_000)]
    public void AgreesWithTheQuadraticDefinitions(int count, int levels)
    {
        for (ulong stream = 0; stream < 20; stream++)
        {
            var (scores, positives) = Draw(stream, count, levels);
            foreach (ScoreDirection direction in Enum.GetValues<ScoreDirection>())
            {
                double[] suspicion = [.. scores.Select(s => direction == HigherIsSuspicious ? s : -s)];
                Assert.Equal(PairwiseAuroc(suspicion, positives), DetectionMetrics.Auroc(scores, positives, direction), Rounding);
                Assert.Equal(
                    MeanPrecision(suspicion, positives), DetectionMetrics.AveragePrecision(scores, positives, direction), Rounding);
            }
        }
    }

    [Theory]
    [InlineData(40, 6)]
    [InlineData(90, 100_000)]
    public void ThinningKeepsTheCurve(int count, int levels)
    {
        for (ulong stream = 0; stream < 20; stream++)
        {
            var (scores, positives) = Draw(stream, count, levels);
            RocPoint[] curve = DetectionMetrics.RocCurve(scores, positives);
            double area = curve.Zip(curve.Skip(1), (a, b) =>
                (b.FalsePositiveRate - a.FalsePositiveRate) * (a.TruePositiveRate + b.TruePositiveRate) / 2).Sum();
            Assert.Equal(DetectionMetrics.Auroc(scores, positives), area, Rounding);
            Assert.Equal((0, 0), (curve[0].FalsePositiveRate, curve[0].TruePositiveRate));
            Assert.Equal((1, 1), (curve[^1].FalsePositiveRate, curve[^1].TruePositiveRate));

            // Every point is what its threshold flags, and no inner point lies between its neighbours.
            foreach (RocPoint point in curve)
            {
                Assert.Equal(Rate(scores, positives, point.Threshold, of: false), point.FalsePositiveRate);
                Assert.Equal(Rate(scores, positives, point.Threshold, of: true), point.TruePositiveRate);
            }

            foreach (var (a, b, c) in curve.Zip(curve.Skip(1), curve.Skip(2)))
            {
                double turn = ((b.FalsePositiveRate - a.FalsePositiveRate) * (c.TruePositiveRate - a.TruePositiveRate))
                    - ((c.FalsePositiveRate - a.FalsePositiveRate) * (b.TruePositiveRate - a.TruePositiveRate));
                Assert.True(Math.Abs(turn) > Rounding);
            }
        }
    }

    [Fact]
    public void OnlyTheOrderOfTheScoresMatters()
    {
        var (scores, positives) = Draw(7, 80, 12);
        double auroc = DetectionMetrics.Auroc(scores, positives), precision = DetectionMetrics.AveragePrecision(scores, positives);
        double[] stretched = [.. scores.Select(s => Math.Exp(3 * s))];
        Assert.Equal(auroc, DetectionMetrics.Auroc(stretched, positives));
        Assert.Equal(precision, DetectionMetrics.AveragePrecision(stretched, positives));

        int[] order = Enumerable.Range(0, scores.Length).ToArray();
        Philox.Shuffle(order.AsSpan(), 1, 2);
        double[] shuffled = Array.ConvertAll(order, i => scores[i]);
        bool[] labels = Array.ConvertAll(order, i => positives[i]);
        Assert.Equal(auroc, DetectionMetrics.Auroc(shuffled, labels));
        Assert.Equal(precision, DetectionMetrics.AveragePrecision(shuffled, labels));
        Assert.Equal(1 - auroc, DetectionMetrics.Auroc(scores, positives, LowerIsSuspicious), Rounding);
    }

    [Fact]
    public void LengthsMustAgree() =>
        Assert.Throws<ArgumentException>("positives", () => DetectionMetrics.Auroc([1, 2], [true]));

    [Fact]
    public void CatalogueIsCompleteAndKnowsItsDirections()
    {
        string[] lower = [.. ScoreCatalogue.All.Where(s => s.Direction == LowerIsSuspicious).Select(s => s.Name)];
        Assert.Equal(["gwa", "margin", "aum", "confidence", "correctness"], lower);
        Assert.Equal(ScoreCatalogue.All.Count, ScoreCatalogue.All.Select(s => s.Name).Distinct().Count());
        Assert.All(ScoreCatalogue.All, s => Assert.Same(s, ScoreCatalogue.Find(s.Name.ToUpperInvariant())));
        Assert.All(ScoreCatalogue.All, s => Assert.DoesNotContain('\n', s.Meaning));
        Assert.Null(ScoreCatalogue.Find("nonsense"));
    }

    /// <summary>Scores with ties, correlated with the labels; both classes present.</summary>
    private static (double[] Scores, bool[] Positives) Draw(ulong stream, int count, int levels)
    {
        int[] numbers = TestNumbers.Integers(stream, count, levels);
        bool[] positives = Array.ConvertAll(TestNumbers.Integers(stream + 1000, count, 3), x => x == 0);
        (positives[0], positives[1]) = (true, false);
        return ([.. numbers.Select((x, i) => (x + (positives[i] ? levels / 3 : 0)) / (double)levels)], positives);
    }

    private static double PairwiseAuroc(double[] suspicion, bool[] positives)
    {
        double wins = 0;
        int pairs = 0;
        for (int i = 0; i < suspicion.Length; i++)
        {
            for (int j = 0; j < suspicion.Length; j++)
            {
                if (positives[i] && !positives[j])
                {
                    pairs++;
                    wins += suspicion[i] > suspicion[j] ? 1 : suspicion[i] == suspicion[j] ? 0.5 : 0;
                }
            }
        }

        return wins / pairs;
    }

    /// <summary>Mean, over the positives, of the precision among all samples at least as suspicious: the step-wise sum, reordered.</summary>
    private static double MeanPrecision(double[] suspicion, bool[] positives) =>
        suspicion.Where((_, i) => positives[i]).Average(threshold =>
        {
            bool[] flagged = [.. positives.Where((_, j) => suspicion[j] >= threshold)];
            return flagged.Count(positive => positive) / (double)flagged.Length;
        });

    private static double Rate(double[] scores, bool[] positives, double threshold, bool of) =>
        scores.Where((score, i) => positives[i] == of && score >= threshold).Count() / (double)positives.Count(p => p == of);
}
