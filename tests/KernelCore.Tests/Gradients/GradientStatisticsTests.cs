using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Gradients;

/// <summary>Noise scale, coherence, signal-to-noise ratio, confusion, stiffness, disparity, perpendicular gradient.</summary>
[Collection(SharedDevice.Collection)]
public sealed class GradientStatisticsTests
{
    private static readonly float[] Golden = [1, 0, 1, 1, 1, -1, 3, 0];

    [Fact]
    public void Golden_signal()
    {
        using GradientSignal signal = Signal(Golden, 2, batches: 1);
        Assert.Equal(18 / 7.0, signal.Coherence, 1e-15);
        Assert.Equal(5 / 9.0, signal.BiasedNoiseScale, 1e-15);
        Assert.Equal(1.8333333, signal.NoiseScale.SquaredNorm, 1e-7);
        Assert.Equal(1.6666667, signal.NoiseScale.TraceCovariance, 1e-7);
        Assert.Equal(1.6666667 / 1.8333333, signal.NoiseScale.Simple, 1e-7);
        using Tensor ratio = CpuDevice.Shared.Allocate([2]);
        signal.SignalToNoise(ratio);
        Assert.Equal([3, 0], ratio.ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(12)]
    public void Signal_agrees_with_its_definition_in_double(int batches)
    {
        const int M = 12, P = 7;
        float[] rows = TestNumbers.Normal(70, M * P);
        using GradientSignal signal = Signal(rows, P, batches);
        double[] g = DoubleArrays.Widen(rows);
        double[] mean = [.. Enumerable.Range(0, P).Select(j => Enumerable.Range(0, M).Average(i => g[(i * P) + j]))];
        double[] variance = [.. Enumerable.Range(0, P).Select(j => Enumerable.Range(0, M).Average(i => Math.Pow(g[(i * P) + j] - mean[j], 2)))];
        double squares = g.Sum(v => v * v), sum = mean.Sum(v => v * v) * M * M;

        // Float32 sums over at most 12 samples, squared and added over 7 parameters.
        double gamma = TestNumbers.Gamma(2 * M), bound = 4 * gamma * squares;
        Assert.Equal(squares, signal.SumOfSquaredNorms, bound);
        Assert.Equal(sum, signal.SquaredNormOfSum, bound * M);
        Assert.Equal(variance.Sum() * M / (M - 1), signal.NoiseScale.TraceCovariance, bound);
        Assert.Equal((sum / M / M) - (variance.Sum() / (M - 1)), signal.NoiseScale.SquaredNorm, bound);
        using Tensor ratio = CpuDevice.Shared.Allocate([P]);
        signal.SignalToNoise(ratio);
        Assert.All(ratio.ToArray().Select((r, j) => (r, j)), t =>
        {
            // The sum's error enters through mean^2, twice; both variance terms are below mean^2 + variance.
            double size = variance[t.j] + (mean[t.j] * mean[t.j]), absolute = Enumerable.Range(0, M).Average(i => Math.Abs(g[(i * P) + t.j]));
            double expected = mean[t.j] * mean[t.j] / variance[t.j];
            Assert.Equal(expected, t.r, 8 * gamma * (((absolute * absolute) + size) / variance[t.j]) * (1 + expected));
        });
    }

    [Fact]
    public void Signal_of_degenerate_gradients()
    {
        using GradientSignal zero = Signal([0, 0, 0, 0], 2, 1), equal = Signal([1, 2, 1, 2, 1, 2], 2, 1), one = Signal([1, 2], 2, 1);
        Assert.True(double.IsNaN(zero.Coherence));
        Assert.Equal(3, equal.Coherence, 1e-15);
        Assert.Equal(0, equal.NoiseScale.TraceCovariance, 1e-15);
        Assert.True(double.IsNaN(one.NoiseScale.Simple));
        using Tensor ratio = CpuDevice.Shared.Allocate([2]);
        equal.SignalToNoise(ratio);
        Assert.Equal([float.PositiveInfinity, float.PositiveInfinity], ratio.ToArray());
        zero.SignalToNoise(ratio);
        Assert.Equal([0, 0], ratio.ToArray());
    }

    [Fact]
    public void Signal_comes_from_an_engine()
    {
        using var model = new Network(CpuDevice.Shared, [new Linear(3, 2)], seed: 1);
        using Batch batch = Samples(6);
        using var engine = new PerSampleEngine(model, new GradientQuery { Norms = true, Sum = true, Gram = true });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        using var signal = new GradientSignal(model.Parameters.Layout, model.Device);
        signal.Add(result);
        float[] gram = result.Gram!.ToArray();

        // Gram entries are float32 roundings of sums of at most 16 products.
        Assert.Equal(gram.Sum(v => (double)v), signal.SquaredNormOfSum, TestNumbers.Gamma(32) * gram.Sum(v => Math.Abs((double)v)));
        using Tensor ratio = model.Device.Allocate([8]);
        Assert.Throws<InvalidOperationException>(() => signal.SignalToNoise(ratio));
        using var incomplete = new PerSampleEngine(model, new GradientQuery { Norms = true });
        Assert.Throws<ArgumentException>(() => signal.Add(incomplete.Evaluate(batch, Loss.CrossEntropy)));
    }

    [Fact]
    public void Noise_scale_from_batch_sizes_is_unbiased_by_construction()
    {
        // E||G_b||^2 = ||G||^2 + tr / b.
        NoiseScale estimate = NoiseScale.FromBatchSizes(4 + (10.0 / 8), 8, 4 + (10.0 / 64), 64);
        Assert.Equal(4, estimate.SquaredNorm, 1e-14);
        Assert.Equal(10, estimate.TraceCovariance, 1e-13);
        Assert.Equal(2.5, estimate.Simple, 1e-13);
        Assert.Throws<ArgumentOutOfRangeException>(() => NoiseScale.FromBatchSizes(1, 4, 1, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => NoiseScale.FromBatchSizes(1, 0, 1, 4));
    }

    [Fact]
    public void Averages_are_taken_before_the_ratio()
    {
        var average = new NoiseScaleAverage(0.5);
        Assert.True(double.IsNaN(average.Current.Simple));
        average.Add(new NoiseScale(1, 6));
        Assert.Equal(new NoiseScale(1, 6), average.Current);
        average.Add(new NoiseScale(-0.25, 3));
        Assert.Equal(((0.25 * 1) + (0.5 * -0.25)) / 0.75, average.Current.SquaredNorm, 1e-15);
        Assert.Equal(24, average.Current.Simple, 1e-12);
        Assert.Throws<ArgumentOutOfRangeException>(() => new NoiseScaleAverage(1));
    }

    [Fact]
    public void Golden_pairs()
    {
        using Tensor gram = Gram(Golden, 2);
        GradientPairs pairs = GradientPairs.From(gram);
        double half = Math.Sqrt(0.5);
        Assert.Equal((4, 0.0, 0.0, 0.0), (pairs.Count, pairs.MinimumDot, pairs.MinimumCosine, pairs.Confusion));
        Assert.Equal(((4 * half) + 1) / 6, pairs.MeanCosine, 1e-15);
        Assert.Equal(5 / 6.0, pairs.MeanSign, 1e-15);
        Assert.Equal(1 - ((2 + (2 * half)) / 4), pairs.DirectionalVariance, 1e-15);
    }

    [Fact]
    public void Pairs_of_degenerate_gradients()
    {
        using Tensor opposite = Gram([2, 0, -3, 0], 2), zeros = Gram([0, 0, 1, 0], 2), one = Gram([1, 0], 2), bad = CpuDevice.Shared.Allocate([2, 3]);
        Assert.Equal(new GradientPairs(2, -6, -1, -1, -1, 1), GradientPairs.From(opposite));
        Assert.Equal(6, GradientPairs.From(opposite).Confusion);
        Assert.Equal(new GradientPairs(2, 0, 0, 0, 0, 0), GradientPairs.From(zeros));
        Assert.True(double.IsNaN(GradientPairs.From(one).Confusion));
        Assert.Throws<ArgumentException>(() => GradientPairs.From(bad));
        using Tensor nan = Gram([float.NaN, 0, 1, 0], 2);
        Assert.True(double.IsNaN(GradientPairs.From(nan).MinimumCosine));
        Assert.True(double.IsNaN(GradientPairs.From(nan).MeanSign));
    }

    [Fact]
    public void Disparity_coefficients_are_the_derivative_of_the_rescaled_loss()
    {
        float[] losses = [0.5f, 2, 1.25f, 3];
        float[] coefficients = GradientDisparity.Coefficients(losses, rescale: true);
        for (int i = 0; i < losses.Length; i++)
        {
            // Central differences with step h: error h^2 f''' / 6, with rounding 1e-16 / h.
            const double H = 1e-4;
            double slope = (Rescaled(losses, i, H) - Rescaled(losses, i, -H)) / (2 * H);
            Assert.Equal(slope, coefficients[i], 1e-6);
        }

        Assert.All(GradientDisparity.Coefficients(losses, rescale: false), c => Assert.Equal(0.25f, c));
    }

    [Fact]
    public void Disparity_is_the_mean_distance_of_batch_gradients()
    {
        using var model = new Network(CpuDevice.Shared, [new Linear(3, 2)], seed: 1);
        Batch[] batches = [Samples(4), Samples(5), Samples(6)];
        using var engine = new PerSampleEngine(model, new GradientQuery { Sum = true });
        double[][] means = [.. batches.Select(b => DoubleArrays.Widen(engine.Evaluate(b, Loss.CrossEntropy).Sum!.Flat).Select(v => v / b.Count).ToArray())];
        double expected = ((int, int)[])[(0, 1), (0, 2), (1, 2)] is var pairs
            ? pairs.Average(p => Math.Sqrt(means[p.Item1].Zip(means[p.Item2], (x, y) => (x - y) * (x - y)).Sum()))
            : 0;
        Assert.Equal(expected, GradientDisparity.Compute(model, batches, Loss.CrossEntropy, rescale: false), TestNumbers.Gamma(64));
        Assert.Equal(0, GradientDisparity.Compute(model, [batches[0], batches[0]], Loss.CrossEntropy));
        Assert.True(GradientDisparity.Compute(model, batches, Loss.CrossEntropy) > 0);
        Assert.True(double.IsNaN(GradientDisparity.Compute(model, [batches[0]], Loss.CrossEntropy)));
        Array.ForEach(batches, b => b.Dispose());
    }

    [Fact]
    public void Perpendicular_gradients_are_orthogonal_to_every_weight()
    {
        var layout = new ParameterLayout([("a", [5], true), ("b", [3], true), ("zero", [2], true)]);
        using ParameterVector g = Vector(layout, TestNumbers.Normal(80, 10)), w = Vector(layout, [.. TestNumbers.Normal(81, 8), 0, 0]), result = new(layout, CpuDevice.Shared);
        double share = PerpendicularGradient.Compute(g, w, result);
        for (int k = 0; k < 3; k++)
        {
            double[] gradient = DoubleArrays.Widen(g[k]), weight = DoubleArrays.Widen(w[k]), actual = DoubleArrays.Widen(result[k]);
            double scale = gradient.Sum(v => v * v) * weight.Sum(v => v * v);
            Assert.Equal(0, actual.Zip(weight, (x, y) => x * y).Sum(), TestNumbers.Gamma(8) * Math.Sqrt(scale));
        }

        Assert.Equal(g[2].ToArray(), result[2].ToArray());
        Assert.InRange(share, 0, 1);
        PerpendicularGradient.Compute(g, w, g);
        Assert.Equal(result.Flat.ToArray(), g.Flat.ToArray());
        Assert.Equal(0, PerpendicularGradient.Compute(Vector(layout, [1, 0, 0, 0, 0, 2, 0, 0, 0, 0]), Vector(layout, [2, 0, 0, 0, 0, 1, 0, 0, 0, 0]), result));
    }

    private static double Rescaled(float[] losses, int changed, double by)
    {
        double[] l = DoubleArrays.Widen(losses);
        l[changed] += by;
        double mean = l.Average();
        return mean / Math.Sqrt(l.Sum(v => (v - mean) * (v - mean)) / (l.Length - 1));
    }

    private static ParameterVector Vector(ParameterLayout layout, float[] values)
    {
        var vector = new ParameterVector(layout, CpuDevice.Shared);
        vector.Flat.CopyFrom(values);
        return vector;
    }

    private static Batch Samples(int count) => new()
    {
        Features = CpuDevice.Shared.Allocate([count, 3], TestNumbers.Normal((ulong)(90 + count), count * 3)),
        Labels = CpuDevice.Shared.AllocateIndices([count], TestNumbers.Integers((ulong)(190 + count), count, 2)),
    };

    private static Tensor Gram(float[] rows, int width)
    {
        int m = rows.Length / width;
        return CpuDevice.Shared.Allocate(
            [m, m], [.. from i in Enumerable.Range(0, m) from j in Enumerable.Range(0, m) select Enumerable.Range(0, width).Sum(k => rows[(i * width) + k] * rows[(j * width) + k])]);
    }

    /// <summary>Gradients given row by row, as captures of a broadcast parameter: grad_i = g_i.</summary>
    private static GradientSignal Signal(float[] rows, int width, int batches)
    {
        using ParameterVector weights = new(new ParameterLayout([("w", [width], true)]), CpuDevice.Shared);
        using var engine = new PerSampleEngine(weights, new GradientQuery { Norms = true, Sum = true, SquaredSum = true });
        var signal = new GradientSignal(weights.Layout, CpuDevice.Shared);
        foreach (float[] part in rows.Chunk(rows.Length / batches))
        {
            int count = part.Length / width;
            using Tensor backprop = CpuDevice.Shared.Allocate([count, width], part);
            signal.Add(engine.Evaluate(new CaptureSet(
            [
                new LayerCapture
                {
                    Layer = "w", Kind = CaptureKind.Broadcast, Batch = count, Positions = 1, WeightShape = [width], WeightIndex = 0,
                    Backprop = backprop, Layout = new ChannelLayout(1, width, 1),
                },
            ])));
        }

        return signal;
    }
}
