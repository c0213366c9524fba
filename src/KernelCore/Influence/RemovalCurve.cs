using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.Influence;

/// <summary>A model trained without the most influential samples.</summary>
/// <param name="Removed">Training samples left out.</param>
/// <param name="Test">How the model does on the test samples.</param>
public sealed record RemovalPoint(int Removed, Evaluation Test);

/// <summary>Retrains without the samples that rank highest: a score that matters changes the result faster than a random order.</summary>
public static class RemovalCurve
{
    /// <summary>Trains one model per point.</summary>
    /// <param name="data">Training and test samples.</param>
    /// <param name="scores">A score per training sample; the highest go first, ties by index, NaN last.</param>
    /// <param name="fractions">Fractions of the training samples to remove, each in [0, 1).</param>
    /// <param name="trainer">Trains a model; all points are model 0, so they differ in their data alone.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="KernelCoreException">Training diverged.</exception>
    public static IReadOnlyList<RemovalPoint> Measure(
        DataSplit data, ReadOnlySpan<double> scores, IReadOnlyList<double> fractions, SubsetTrainer trainer, Device device,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(fractions);
        ArgumentNullException.ThrowIfNull(trainer);
        if (scores.Length != data.Train.Count)
        {
            throw new ArgumentException($"{data.Train.Count} training samples need as many scores, got {scores.Length}", nameof(scores));
        }

        double[] values = scores.ToArray();
        int[] order = [.. Enumerable.Range(0, values.Length).OrderByDescending(i => double.IsNaN(values[i]) ? double.NegativeInfinity : values[i])];
        var points = new List<RemovalPoint>();
        foreach (double fraction in fractions)
        {
            int removed = fraction is >= 0 and < 1
                ? (int)Math.Round(fraction * order.Length, MidpointRounding.AwayFromZero)
                : throw new ArgumentOutOfRangeException(nameof(fractions), $"fractions in [0, 1) are expected, got {fraction}");
            int[] kept = order[Math.Min(removed, order.Length - 1)..];
            Array.Sort(kept);
            using IModel model = trainer(device, data.Train.Subset(kept), 0, cancellationToken);
            using var evaluator = new Evaluator(model, data.Test);
            points.Add(new RemovalPoint(order.Length - kept.Length, evaluator.Evaluate(cancellationToken)));
        }

        return points;
    }
}
