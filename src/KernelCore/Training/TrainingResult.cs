using KernelCore.Scoring;

namespace KernelCore.Training;

/// <summary>What one epoch looked like.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="LearningRate">Rate of its last step.</param>
/// <param name="Loss">Mean training loss, each sample at the weights of its own step.</param>
/// <param name="Accuracy">Training accuracy, likewise, against the given labels.</param>
/// <param name="TestLoss">Mean held-out loss after the epoch; null without held-out data.</param>
/// <param name="TestAccuracy">Held-out accuracy after the epoch; null without held-out data.</param>
/// <param name="Gwa">Alignment statistics of the epoch; null when the model has no linear head.</param>
/// <param name="PredictionChanges">Training samples whose predicted class differs from the epoch before (LabelWave).</param>
/// <param name="SamplesPerSecond">Training throughput, evaluation excluded.</param>
public sealed record EpochRecord(
    int Epoch, double LearningRate, double Loss, double Accuracy, double? TestLoss, double? TestAccuracy,
    GwaEpoch? Gwa, int PredictionChanges, double SamplesPerSecond);

/// <summary>A finished training run.</summary>
/// <param name="Epochs">One record per completed epoch.</param>
/// <param name="GwaEpoch">Epoch that the GWA stopper picks; null when it picks none.</param>
/// <param name="LabelWaveEpoch">Epoch that LabelWave picks; null when it picks none.</param>
/// <param name="Scores">Per-sample scores collected over the epochs.</param>
public sealed record TrainingResult(IReadOnlyList<EpochRecord> Epochs, int? GwaEpoch, int? LabelWaveEpoch, ScoreTable Scores);
