using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Reporting;

/// <summary>What a report shows: a training run, the scores of its samples and, where it is known, the truth about their labels.</summary>
public sealed record ReportData
{
    /// <summary>Heading of the page.</summary>
    public required string Title { get; init; }

    /// <summary>How the run was made: names and values, shown in this order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Run { get; init; } = [];

    /// <summary>The scored samples in the order of <see cref="Scores"/>, with pictures and class names.</summary>
    /// <remarks>Samples of shape [H, W], [1, H, W] or [3, H, W] are shown as pictures, others by their most unusual features.</remarks>
    public required Dataset Dataset { get; init; }

    /// <summary>Epochs of the run; may be empty.</summary>
    public required IReadOnlyList<EpochRecord> Epochs { get; init; }

    /// <summary>Epoch that the GWA stopper picked; null when it picked none.</summary>
    public int? GwaEpoch { get; init; }

    /// <summary>Epoch that LabelWave picked; null when it picked none.</summary>
    public int? LabelWaveEpoch { get; init; }

    /// <summary>Scores of the samples.</summary>
    public required ScoreTable Scores { get; init; }

    /// <summary>Which labels are known to be wrong; null when that is not known.</summary>
    public bool[]? Noisy { get; init; }

    /// <summary>Original label of each sample, before noise was injected; null when not known.</summary>
    public int[]? TrueLabels { get; init; }

    /// <summary>Name of the score that ranks the suspicious samples; null for AUM or, without it, the first score of the table.</summary>
    public string? RankBy { get; init; }

    /// <summary>Test samples with their strongest training samples, which are numbered as in <see cref="Dataset"/>; null for none.</summary>
    public InfluenceExhibit? Influence { get; init; }

    /// <summary>What training with and without each sample changed; null when not measured.</summary>
    public MemorizationTable? Memorization { get; init; }

    /// <summary>Refuses parts that do not belong together.</summary>
    /// <exception cref="ArgumentException">A length differs from the number of samples, or there is no such score to rank by.</exception>
    internal void Validate()
    {
        Check("the data set", Dataset.Count);
        Check("the predictions", Scores.Predictions.Length);
        Check("the noise mask", Noisy?.Length ?? Scores.Count);
        Check("the true labels", TrueLabels?.Length ?? Scores.Count);
        Check("the memorisation table", Memorization?.Count ?? Scores.Count);
        foreach (ScoreColumn column in Scores.Columns)
        {
            Check($"score {column.Name}", column.Values.Length);
        }

        if (Influence is { } influence)
        {
            if (influence.Opponents.Count != influence.Proponents.Count || influence.TestStart + influence.Proponents.Count > influence.Test.Count)
            {
                throw new ArgumentException(
                    $"{influence.Proponents.Count} lists of proponents and {influence.Opponents.Count} of opponents from test sample {influence.TestStart} on do not fit {influence.Test.Count} test samples");
            }

            int last = influence.Proponents.Concat(influence.Opponents).SelectMany(list => list).Select(r => r.Index).DefaultIfEmpty(-1).Max();
            if (last >= Scores.Count)
            {
                throw new ArgumentException($"the influences name training sample {last}, the score table has {Scores.Count} samples");
            }
        }

        if (RankBy is not null && Scores.Find(RankBy) is null)
        {
            throw new ArgumentException($"there is no score '{RankBy}' to rank by, only {string.Join(", ", Scores.Columns.Select(c => c.Name))}");
        }
    }

    private void Check(string part, int count)
    {
        if (count != Scores.Count)
        {
            throw new ArgumentException($"{part} has {count} samples, the score table has {Scores.Count}");
        }
    }
}
