using System.Collections.Immutable;

namespace KernelCore.Scoring;

/// <summary>One score for every sample.</summary>
/// <param name="Name">Column name: the score's, with the layer where there is one per layer.</param>
/// <param name="Definition">What it is and which end is suspicious.</param>
/// <param name="Values">A value per sample, in the order of the data set.</param>
public sealed record ScoreColumn(string Name, ScoreDefinition Definition, double[] Values);

/// <summary>Scores of the samples of a data set.</summary>
/// <param name="Labels">Given label of each sample.</param>
/// <param name="Predictions">Predicted class of each sample.</param>
/// <param name="Columns">The scores.</param>
public sealed record ScoreTable(ImmutableArray<int> Labels, ImmutableArray<int> Predictions, IReadOnlyList<ScoreColumn> Columns)
{
    /// <summary>Number of samples.</summary>
    public int Count => Labels.Length;

    /// <summary>The column of a name; null when there is none.</summary>
    public ScoreColumn? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);
}
