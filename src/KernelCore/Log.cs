using Microsoft.Extensions.Logging;

namespace KernelCore;

/// <summary>Every message the library logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "training {Samples} samples for {Epochs} epochs, batch size {BatchSize}, {Parameters} parameters")]
    public static partial void TrainingStarted(ILogger logger, int samples, int epochs, int batchSize, long parameters);

    [LoggerMessage(2, LogLevel.Information, "epoch {Epoch}: loss {Loss:F4}, accuracy {Accuracy:P2}, GWA {Gwa:F4}, held-out accuracy {TestAccuracy:P2}")]
    public static partial void EpochFinished(ILogger logger, int epoch, double loss, double accuracy, double gwa, double testAccuracy);

    [LoggerMessage(3, LogLevel.Information, "scoring {Samples} samples: {Scores}")]
    public static partial void ScoringStarted(ILogger logger, int samples, string scores);
}
