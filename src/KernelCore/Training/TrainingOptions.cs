using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Training;

/// <summary>How to train.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training data.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Samples per step; the last batch of an epoch may be smaller.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Optimiser and its constants.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamOptions();

    /// <summary>Learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = new ConstantSchedule { LearningRate = 1e-3 };

    /// <summary>Seed of the shuffling: epoch e draws its order from Philox stream e.</summary>
    public ulong Seed { get; init; }

    /// <summary>How the alignment is computed.</summary>
    public ScoreMode ScoreMode { get; init; } = ScoreMode.Exact;

    /// <summary>Regime of the GWA stopper: training from scratch or fine-tuning.</summary>
    public GwaRegime Regime { get; init; } = GwaRegime.FromScratch;

    /// <summary>Refuses what cannot work.</summary>
    internal void Validate()
    {
        if (Epochs < 1 || BatchSize < 1)
        {
            throw new KernelCoreException($"training takes at least one epoch and one sample per batch, got {Epochs} epochs and batch size {BatchSize}");
        }

        if (!(Schedule.LearningRate > 0) || !double.IsFinite(Schedule.LearningRate))
        {
            throw new KernelCoreException($"the learning rate is positive, got {Schedule.LearningRate}");
        }
    }
}
