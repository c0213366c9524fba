namespace KernelCore.Training;

/// <summary>Learning rate as a function of the step.</summary>
public abstract record LearningRateSchedule
{
    /// <summary>Initial (peak) learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The rate of a step.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="epoch">Its epoch, from 0.</param>
    /// <param name="steps">Steps of the whole run.</param>
    public abstract double At(long step, int epoch, long steps);
}

/// <summary>The same rate throughout.</summary>
public sealed record ConstantSchedule : LearningRateSchedule
{
    /// <inheritdoc/>
    public override double At(long step, int epoch, long steps) => LearningRate;
}

/// <summary>Linear warm-up from zero, then a half cosine down to the final rate (arXiv 1608.03983).</summary>
public sealed record CosineSchedule : LearningRateSchedule
{
    /// <summary>Steps of warm-up.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Rate at the end.</summary>
    public double FinalLearningRate { get; init; }

    /// <inheritdoc/>
    public override double At(long step, int epoch, long steps)
    {
        if (step < WarmupSteps)
        {
            return LearningRate * (step + 1) / WarmupSteps;
        }

        double progress = (step - WarmupSteps) / (double)Math.Max(1, steps - WarmupSteps);
        return FinalLearningRate + (0.5 * (LearningRate - FinalLearningRate) * (1 + Math.Cos(Math.PI * progress)));
    }
}

/// <summary>The rate is multiplied by a factor every so many epochs.</summary>
public sealed record StepSchedule : LearningRateSchedule
{
    /// <summary>Epochs between two drops.</summary>
    public int EpochsPerStep { get; init; } = 30;

    /// <summary>Factor of each drop.</summary>
    public double Factor { get; init; } = 0.1;

    /// <inheritdoc/>
    public override double At(long step, int epoch, long steps) => LearningRate * Math.Pow(Factor, epoch / Math.Max(1, EpochsPerStep));
}
