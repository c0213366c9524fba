using System.Diagnostics;
using System.Globalization;
using KernelCore.Runs;
using KernelCore.Scoring;
using KernelCore.Training;
using Spectre.Console;

namespace KernelCore.Cli.Output;

/// <summary>Shows a run by epoch: a progress bar and then a table on a terminal, a line per epoch elsewhere.</summary>
internal static class TrainingDisplay
{
    private static readonly string[] Headers =
        ["epoch", "loss", "accuracy", "test loss", "test accuracy", "GWA", "mean", "kurtosis", "status", "changes", "samples/s"];

    public static TrainingResult Run(Invocation invocation, TrainingRun run, int epochs)
    {
        long started = Stopwatch.GetTimestamp();
        string line = "";
        TrainingResult result = ProgressBar.Run(invocation, "training", bar => run.Fit(
            new ImmediateProgress<EpochRecord>(record =>
            {
                if (bar is not null)
                {
                    bar.Value = (double)record.Epoch / epochs;
                    bar.Description = Markup.Escape($"epoch {record.Epoch}/{epochs}, loss {record.Loss:F4}, accuracy {record.Accuracy:P1}");
                    return;
                }

                line = string.Join("  ", Headers.Zip(Cells(record), (name, value) => $"{name} {value}"));
                invocation.Console.WriteRow(line);
            }),
            invocation.Cancellation));

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (line.Length == 0)
        {
            invocation.Console.Write(EpochTable(result));
        }

        double throughput = result.Epochs.Count / result.Epochs.Sum(e => 1 / e.SamplesPerSecond);
        invocation.Console.WriteRow($"{result.Epochs.Count} epochs in {seconds:F1} s, {throughput:F0} samples/s in training");
        return result;
    }

    /// <summary>A row per epoch.</summary>
    public static Table EpochTable(TrainingResult result)
    {
        Table table = Tables.Create(Headers);
        foreach (EpochRecord record in result.Epochs)
        {
            table.AddTextRow(Cells(record));
        }

        return table;
    }

    private static string[] Cells(EpochRecord record)
    {
        GwaEpoch? gwa = record.Gwa;
        return
        [
            record.Epoch.ToString(CultureInfo.InvariantCulture), $"{record.Loss:F4}", Percent(record.Accuracy), $"{record.TestLoss:F4}",
            record.TestAccuracy is { } held ? Percent(held) : "", $"{gwa?.Value:F5}", $"{gwa?.Mean:F5}", $"{gwa?.ExcessKurtosis:F2}",
            gwa is null ? "" : gwa.Status == GwaStatus.NearPole ? "near pole" : gwa.Status.ToString().ToLowerInvariant(),
            record.PredictionChanges.ToString(CultureInfo.InvariantCulture), $"{record.SamplesPerSecond:F0}",
        ];
    }

    private static string Percent(double fraction) => $"{100 * fraction:F2}%";
}
