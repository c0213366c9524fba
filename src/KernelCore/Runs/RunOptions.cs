using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Training;

namespace KernelCore.Runs;

/// <summary>Optimiser of a run.</summary>
public enum OptimizerKind
{
    /// <summary>Adam.</summary>
    Adam,

    /// <summary>Adam with decoupled weight decay.</summary>
    AdamW,

    /// <summary>Stochastic gradient descent.</summary>
    Sgd,
}

/// <summary>Learning rate schedule of a run.</summary>
public enum ScheduleKind
{
    /// <summary>The same rate throughout.</summary>
    Constant,

    /// <summary>A half cosine down to zero.</summary>
    Cosine,

    /// <summary>A tenth after each third of the epochs.</summary>
    Step,
}

/// <summary>Scores of the training samples that cost passes of their own.</summary>
[Flags]
public enum ExtraScores
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>TracIn self-influence over five checkpoints of the run: a forward and a backward pass on all samples for each.</summary>
    SelfInfluence = 1,

    /// <summary>Laplace sample information of a probe on the trained model's head input, by one Newton step.</summary>
    Lsi = 2,
}

/// <summary>The recipe of a training run: the same recipe on the same kind of device gives the same weights, bit for bit.</summary>
public sealed record RunOptions
{
    /// <summary>Data set: a name or path that the <see cref="DatasetCatalog"/> takes.</summary>
    public required string Data { get; init; }

    /// <summary>Training samples to draw, always the same ones; null for all.</summary>
    public int? TrainSamples { get; init; }

    /// <summary>Architecture: a name or path that <see cref="Models.Presets.Resolve"/> takes.</summary>
    public required string Architecture { get; init; }

    /// <summary>Passes over the training data.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Samples per step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Optimiser.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Adam;

    /// <summary>Initial learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Momentum of SGD; no effect on the others.</summary>
    public float Momentum { get; init; }

    /// <summary>Weight decay.</summary>
    public float WeightDecay { get; init; }

    /// <summary>Schedule of the learning rate.</summary>
    public ScheduleKind Schedule { get; init; }

    /// <summary>Seed of initial weights, shuffling and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Fraction of the training labels to corrupt, in [0, 1]; 0 for none.</summary>
    public double LabelNoise { get; init; }

    /// <summary>How corrupted labels are drawn.</summary>
    public LabelNoiseKind NoiseKind { get; init; }

    /// <summary>Seed of the corruption; apart from <see cref="Seed"/>, so that runs can differ on the same noisy data.</summary>
    public ulong NoiseSeed { get; init; } = 1;

    /// <summary>Arithmetic of the alignment.</summary>
    public ScoreMode ScoreMode { get; init; } = ScoreMode.Exact;

    /// <summary>Scores beyond those that training leaves behind.</summary>
    public ExtraScores Extras { get; init; }

    /// <summary>The part of the recipe that a trainer needs.</summary>
    public TrainingOptions ToTrainingOptions() => new()
    {
        Epochs = Epochs,
        BatchSize = BatchSize,
        Seed = Seed,
        ScoreMode = ScoreMode,
        Optimizer = Optimizer switch
        {
            OptimizerKind.Sgd => new SgdOptions { Momentum = Momentum, WeightDecay = WeightDecay },
            _ => new AdamOptions { Decoupled = Optimizer == OptimizerKind.AdamW, WeightDecay = WeightDecay },
        },
        Schedule = Schedule switch
        {
            ScheduleKind.Cosine => new CosineSchedule { LearningRate = LearningRate },
            ScheduleKind.Step => new StepSchedule { LearningRate = LearningRate, EpochsPerStep = Math.Max(1, (Epochs + 2) / 3) },
            _ => new ConstantSchedule { LearningRate = LearningRate },
        },
    };
}
