using System.Globalization;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Reporting;

namespace KernelCore.Runs;

/// <summary>The HTML report of a saved run.</summary>
public static class RunReport
{
    /// <summary>File name of a report inside its run directory.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes the report, complete or not at all.</summary>
    /// <param name="run">The run.</param>
    /// <param name="catalog">Where its data comes from: the report shows samples.</param>
    /// <param name="path">Target.</param>
    /// <exception cref="KernelCoreException">The data of the run cannot be had or has changed, or the target cannot be written.</exception>
    public static void Write(RunDirectory run, DatasetCatalog catalog, string path) => HtmlReport.Write(Collect(run, catalog), path);

    private static ReportData Collect(RunDirectory run, DatasetCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(catalog);
        RunOptions options = run.History.Options;
        bool knowsTruth = !run.TrueLabels.IsDefault;
        return new ReportData
        {
            Title = $"{options.Architecture} on {options.Data}",
            Run = [.. Describe(run.History).Select(fact => KeyValuePair.Create(fact.Name, fact.Value))],
            Dataset = run.LoadTrainingSamples(catalog),
            Epochs = run.History.Epochs,
            GwaEpoch = run.History.Picks.Gwa,
            LabelWaveEpoch = run.History.Picks.LabelWave,
            Scores = run.Scores,
            Noisy = knowsTruth ? [.. run.TrueLabels.Zip(run.Scores.Labels, (truth, label) => truth != label)] : null,
            TrueLabels = knowsTruth ? [.. run.TrueLabels] : null,
        };
    }

    private static IEnumerable<(string Name, string Value)> Describe(RunHistory history)
    {
        RunOptions options = history.Options;
        yield return ("data", $"{options.Data}: {history.TrainSamples} training and {history.TestSamples} held-out samples");
        yield return ("architecture", options.Architecture);
        yield return ("training", Invariant($"{options.Epochs} epochs, batch size {options.BatchSize}"));
        yield return ("optimiser", Invariant($"{options.Optimizer}, learning rate {options.LearningRate}, {options.Schedule} schedule"));
        yield return ("seed", Invariant($"{options.Seed}"));
        if (options.LabelNoise > 0)
        {
            yield return ("label noise", Invariant($"{options.NoiseKind}, {history.MislabelledSamples} labels, seed {options.NoiseSeed}"));
        }

        yield return ("device", history.Device);
        yield return ("KernelCore", history.Version);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
