using KernelCore.Kernels;
using KernelCore.Scoring;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>A mean over test samples with a bootstrap confidence interval.</summary>
/// <param name="Mean">Mean over the test samples where the correlation is defined; NaN when there are none.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="PerTest">The correlation of each test sample; NaN where a side is constant.</param>
public sealed record CorrelationResult(double Mean, double Low, double High, double[] PerTest);

/// <summary>How well a score finds mislabelled samples.</summary>
/// <param name="Auroc">Probability that a mislabelled sample ranks above a clean one.</param>
/// <param name="Aupr">Average precision.</param>
public sealed record MislabelDetection(double Auroc, double Aupr);

/// <summary>Judges influence scores by what retraining shows. All correlations in double.</summary>
public static class AttributionMetrics
{
    private const int Resamples = 1000;

    /// <summary>Linear datamodeling score (arXiv 2303.14186): how well the sum of the influences of a subset predicts the output of a model trained on it.</summary>
    /// <remarks>
    /// For each test sample t the Spearman correlation over subsets S of sum_{i in S} I(t, i) with the output; then the mean. The
    /// interval resamples test samples 1000 times.
    /// </remarks>
    /// <param name="influence">[test, train].</param>
    /// <param name="masks">The subsets.</param>
    /// <param name="outputs">[subsets, test], row-major, larger is better: minus the loss, or the log-odds. Average several seeds before.</param>
    /// <param name="device">Where the sums run.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static CorrelationResult LinearDatamodelingScore(
        InfluenceMatrix influence, SubsetMasks masks, ReadOnlySpan<float> outputs, Device device, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(influence);
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(device);
        int subsets = masks.ModelCount, tests = influence.TestCount;
        if (masks.SampleCount != influence.TrainCount || outputs.Length != (long)subsets * tests)
        {
            throw new ArgumentException(
                $"influences [{tests} x {influence.TrainCount}] need masks of as many samples and outputs [{subsets} x {tests}], got masks of {masks.SampleCount} and {outputs.Length} outputs");
        }

        using Tensor members = masks.ToTensor(device), scores = device.Allocate([tests, influence.TrainCount], influence.Values);
        using Tensor sums = device.Allocate([tests, subsets]);
        device.Kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(scores), Matrix.Of(members), 0, Matrix.Of(sums));
        float[] predicted = sums.ToArray();
        var correlations = new double[tests];
        double[] x = new double[subsets], y = new double[subsets];
        for (int t = 0; t < tests; t++)
        {
            for (int s = 0; s < subsets; s++)
            {
                (x[s], y[s]) = (predicted[(t * subsets) + s], outputs[(s * tests) + t]);
            }

            correlations[t] = Spearman(x, y);
        }

        return Bootstrap(correlations, seed);
    }

    /// <summary>Leave-one-out correlation: for each test sample the Pearson correlation of its influences with the measured ones.</summary>
    /// <param name="influence">[test, train].</param>
    /// <param name="measured">[test, train]: loss of the model trained without i minus loss of the model trained with it.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static CorrelationResult LeaveOneOutCorrelation(InfluenceMatrix influence, InfluenceMatrix measured, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(influence);
        ArgumentNullException.ThrowIfNull(measured);
        if ((influence.TestCount, influence.TrainCount) != (measured.TestCount, measured.TrainCount))
        {
            throw new ArgumentException(
                $"influences [{influence.TestCount} x {influence.TrainCount}] and measurements [{measured.TestCount} x {measured.TrainCount}] differ in shape", nameof(measured));
        }

        return Bootstrap(
            [.. Enumerable.Range(0, influence.TestCount).Select(t => Pearson(Widen(influence.Row(t)), Widen(measured.Row(t))))], seed);
    }

    /// <summary>How well a high self-influence finds mislabelled samples.</summary>
    /// <param name="selfInfluence">A value per training sample.</param>
    /// <param name="mislabelled">Whether its label is wrong.</param>
    public static MislabelDetection Mislabels(ReadOnlySpan<double> selfInfluence, ReadOnlySpan<bool> mislabelled) => new(
        DetectionMetrics.Auroc(selfInfluence, mislabelled), DetectionMetrics.AveragePrecision(selfInfluence, mislabelled));

    /// <summary>Pearson correlation; NaN for fewer than two pairs or a constant side.</summary>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"a correlation takes pairs, got {x.Length} and {y.Length} values", nameof(y));
        }

        double[] a = Centre(x), b = Centre(y);
        double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(a)) * Math.Sqrt(TensorPrimitives.SumOfSquares<double>(b));
        return norm == 0 ? double.NaN : Math.Clamp(TensorPrimitives.Dot<double>(a, b) / norm, -1, 1);
    }

    /// <summary>Spearman correlation: Pearson of the ranks, ties with their mean rank. NaN where a value is NaN or a side is constant.</summary>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Pearson(Ranks(x), Ranks(y));

    private static double[] Centre(ReadOnlySpan<double> values)
    {
        var centred = new double[values.Length];
        if (values.Length > 0)
        {
            // The mean of equal values may round away from them: then they would not look constant.
            TensorPrimitives.Subtract(values, values[0], centred);
            TensorPrimitives.Subtract(centred, TensorPrimitives.Sum<double>(centred) / centred.Length, centred);
        }

        return centred;
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        var ranks = new double[values.Length];
        double[] sorted = values.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length)];
        Array.Sort(sorted, order);
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            for (end = start + 1; end < sorted.Length && sorted[end] == sorted[start]; end++)
            {
            }

            for (int k = start; k < end; k++)
            {
                ranks[order[k]] = double.IsNaN(sorted[k]) ? double.NaN : (start + end - 1) / 2.0;
            }
        }

        return ranks;
    }

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        TensorPrimitives.ConvertTruncating(values, wide);
        return wide;
    }

    private static CorrelationResult Bootstrap(double[] correlations, ulong seed)
    {
        double[] defined = [.. correlations.Where(c => !double.IsNaN(c))];
        if (defined.Length == 0)
        {
            return new CorrelationResult(double.NaN, double.NaN, double.NaN, correlations);
        }

        var means = new double[Resamples];
        for (int r = 0; r < Resamples; r++)
        {
            for (int k = 0; k < defined.Length; k++)
            {
                means[r] += defined[Philox.Integer(seed, (ulong)r, (ulong)k, defined.Length)] / defined.Length;
            }
        }

        Array.Sort(means);
        return new CorrelationResult(defined.Average(), means[(int)(0.025 * Resamples)], means[(int)(0.975 * Resamples) - 1], correlations);
    }
}
