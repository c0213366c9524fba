using System.Collections.Immutable;
using KernelCore.Scoring;
using KernelCore.Training;
using Spectre.Console;

namespace KernelCore.Cli.Output;

/// <summary>Tables of what a run found.</summary>
internal static class ResultTables
{
    /// <summary>The epochs that the stopping rules pick, beside the best and the last, with their held-out accuracy.</summary>
    public static void WritePicks(IAnsiConsole console, TrainingResult result)
    {
        Table table = Tables.Create("stopping rule", "epoch", "test accuracy");
        Add("GWA, no held-out data", result.GwaEpoch);
        Add("LabelWave, no held-out data", result.LabelWaveEpoch);
        Add("last epoch", result.Epochs[^1].Epoch);
        Add("best epoch in hindsight", result.Epochs.MaxBy(e => e.TestAccuracy)?.Epoch);
        console.Write(table);

        void Add(string rule, int? epoch) => table.AddTextRow(
            rule, epoch is null ? "none" : $"{epoch}", epoch is { } number ? $"{100 * result.Epochs[number - 1].TestAccuracy:F2}%" : "");
    }

    /// <summary>How well each score finds the mislabelled samples, best first.</summary>
    public static void WriteDetection(IAnsiConsole console, ScoreTable scores, ImmutableArray<bool> flipped)
    {
        Table table = Tables.Create("score", "AUROC", "AUPR", "meaning");
        table.Columns[^1].LeftAligned();
        var measured = scores.Columns.Select(column => (
            column,
            Auroc: DetectionMetrics.Auroc(column.Values, flipped.AsSpan(), column.Definition.Direction),
            Aupr: DetectionMetrics.AveragePrecision(column.Values, flipped.AsSpan(), column.Definition.Direction)));
        foreach (var (column, auroc, aupr) in measured.OrderByDescending(m => m.Auroc))
        {
            table.AddTextRow(column.Name, $"{auroc:F4}", $"{aupr:F4}", column.Definition.Meaning);
        }

        console.WriteRow("Finding the mislabelled samples:");
        console.Write(table);
    }

    /// <summary>Mean and extremes of each score.</summary>
    public static void WriteSummary(IAnsiConsole console, ScoreTable scores)
    {
        Table table = Tables.Create("score", "mean", "lowest", "highest");
        foreach (ScoreColumn column in scores.Columns)
        {
            table.AddTextRow(column.Name, $"{column.Values.Average():G5}", $"{column.Values.Min():G5}", $"{column.Values.Max():G5}");
        }

        console.Write(table);
    }
}
