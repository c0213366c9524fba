using System.Diagnostics;
using KernelCore.Runs;
using KernelCore.Scoring;
using KernelCore.Training;
using Spectre.Console;

namespace KernelCore.Cli.Output;

/// <summary>Shows a run as it goes: a table that grows by a line per epoch, with a progress bar below it on a terminal.</summary>
internal static class TrainingDisplay
{
    public static TrainingResult Run(Invocation invocation, TrainingRun run, int epochs)
    {
        IAnsiConsole console = invocation.Console;
        long started = Stopwatch.GetTimestamp();
        console.WriteRow($"{"epoch",5}{"loss",9}{"accuracy",10}{"test acc.",11}{"GWA",10}{"mean",10}{"kurtosis",10}{"changes",9}{"samples/s",11}");
        TrainingResult result = ProgressBar.Run(invocation, "training", (ProgressTask? bar) => run.Fit(
            new ImmediateProgress<EpochRecord>(record =>
            {
                console.WriteRow(Line(record));
                if (bar is not null)
                {
                    bar.Value = (double)record.Epoch / epochs;
                    bar.Description = $"epoch {Math.Min(record.Epoch + 1, epochs)} of {epochs}";
                }
            }),
            invocation.Cancellation));

        double throughput = result.Epochs.Count / result.Epochs.Sum(e => 1 / e.SamplesPerSecond);
        console.WriteRow($"{result.Epochs.Count} epochs in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s, training at {throughput:F0} samples/s");
        return result;
    }

    private static string Line(EpochRecord record) =>
        $"{record.Epoch,5}{record.Loss,9:F4}{Percent(record.Accuracy),10}{Percent(record.TestAccuracy),11}"
        + $"{record.Gwa?.Value,10:F5}{record.Gwa?.Mean,10:F5}{record.Gwa?.ExcessKurtosis,10:F2}{record.PredictionChanges,9}{record.SamplesPerSecond,11:F0}"
        + Remark(record.Gwa?.Status);

    private static string Remark(GwaStatus? status) => status switch
    {
        GwaStatus.NearPole => "  GWA near its pole",
        GwaStatus.Undefined => "  GWA undefined",
        _ => "",
    };

    private static string Percent(double? fraction) => fraction is { } known ? $"{100 * known:F2}%" : "";
}
