using System.Collections.Immutable;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Scoring;

namespace KernelCore.Runs;

/// <summary>A saved training run.</summary>
/// <param name="Path">The directory: <see cref="ModelFile"/>, <see cref="HistoryFile"/>, <see cref="ScoresFile"/>.</param>
/// <param name="History">What the run was and how it went.</param>
/// <param name="Scores">Scores of the training samples.</param>
/// <param name="TrueLabels">Labels before noise was injected; default when none was.</param>
public sealed record RunDirectory(string Path, RunHistory History, ScoreTable Scores, ImmutableArray<int> TrueLabels)
{
    /// <summary>Weights and architecture.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>Recipe and epochs.</summary>
    public const string HistoryFile = "history.json";

    /// <summary>Scores of the training samples.</summary>
    public const string ScoresFile = "scores.csv";

    /// <summary>Influences of the training samples, where <c>kernelcore influence</c> left them.</summary>
    public const string InfluenceFile = "influence.safetensors";

    /// <summary>Memorisation of the training samples, where <c>kernelcore memorize</c> left it.</summary>
    public const string MemorizationFile = "memorize/memorization.csv";

    /// <summary>Full name of the model's file.</summary>
    public string ModelPath => System.IO.Path.Combine(Path, ModelFile);

    /// <summary>The training samples, with the labels that were learnt.</summary>
    /// <param name="catalog">Where the data comes from.</param>
    /// <exception cref="KernelCoreException">The data cannot be had, or has changed since.</exception>
    public Dataset LoadTrainingSamples(DatasetCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        Dataset train = RunData.Load(History.Options with { LabelNoise = 0 }, catalog).Train;
        return train.Labels.AsSpan().SequenceEqual((TrueLabels.IsDefault ? Scores.Labels : TrueLabels).AsSpan())
            ? train.WithLabels(Scores.Labels)
            : throw new InvalidDataFileException(
                $"data set '{History.Options.Data}' is not the one that the run in '{Path}' was trained on: its labels differ");
    }

    /// <summary>Whether a directory holds a run.</summary>
    /// <param name="path">Any path.</param>
    public static bool Exists(string path) => File.Exists(System.IO.Path.Combine(path, HistoryFile));

    /// <summary>Reads a run; the model stays on disk.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="InvalidDataFileException">It is no run directory, or a file of it is broken.</exception>
    public static RunDirectory Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
        {
            throw new InvalidDataFileException($"{path}: there is no such run directory");
        }

        RunHistory history = RunHistory.Load(System.IO.Path.Combine(path, HistoryFile));
        var (scores, truth) = ScoreTableReader.ReadCsv(System.IO.Path.Combine(path, ScoresFile));
        return scores.Count == history.TrainSamples
            ? new RunDirectory(path, history, scores, truth)
            : throw new InvalidDataFileException($"{path}: {ScoresFile} has {scores.Count} samples, {HistoryFile} says {history.TrainSamples}");
    }
}
