namespace KernelCore.LeaveOneOut;

/// <summary>How Laplace sample information is computed.</summary>
public sealed record LsiOptions
{
    /// <summary>How the probes without each sample are found.</summary>
    public LeaveOneOutMethod Method { get; init; } = LeaveOneOutMethod.NewtonStep;

    /// <summary>Structure of the posteriors that are compared.</summary>
    public PosteriorStructure Posterior { get; init; } = PosteriorStructure.Full;

    /// <summary>Prior precision of the posterior, and for the methods around the minimum also the probe's penalty.</summary>
    public double PriorPrecision { get; init; } = 1;

    /// <summary>Protocol of <see cref="LeaveOneOutMethod.Retraining"/> and <see cref="LeaveOneOutMethod.Iterative"/>.</summary>
    public DescentOptions Training { get; init; } = new();

    /// <summary>Samples to score; null for all.</summary>
    public IReadOnlyList<int>? Samples { get; init; }

    /// <summary>With <see cref="LeaveOneOutMethod.NewtonStep"/>: how many of the samples, evenly spaced, are refitted to measure its error; 0 for none.</summary>
    public int Checked { get; init; } = 16;
}

/// <summary>How far one Newton step is from the minimum without a sample, measured on some samples.</summary>
/// <param name="Samples">How many samples were refitted.</param>
/// <param name="Median">Median of |approximate / refitted - 1| of their information.</param>
/// <param name="Largest">Largest of them.</param>
public sealed record NewtonStepError(int Samples, double Median, double Largest);

/// <summary>Laplace sample information.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Information">What the posterior loses with each of them, nats.</param>
/// <param name="LeftOutLosses">Loss of each under the probe that has not seen it.</param>
/// <param name="Predictions">Class that the probe with all samples predicts for each.</param>
/// <param name="StepError">Measured error of a single Newton step; null where there is nothing to measure.</param>
public sealed record LsiResult(int[] Samples, double[] Information, double[] LeftOutLosses, int[] Predictions, NewtonStepError? StepError);
