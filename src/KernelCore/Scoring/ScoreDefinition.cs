namespace KernelCore.Scoring;

/// <summary>Which end of a score points at a mislabelled sample.</summary>
public enum ScoreDirection
{
    /// <summary>A high score is suspicious: loss, EL2N, forgetting.</summary>
    HigherIsSuspicious,

    /// <summary>A low score is suspicious: alignment, margins, AUM, confidence. Detectors rank by the negated score.</summary>
    LowerIsSuspicious,
}

/// <summary>What a per-sample score is, and how to read it.</summary>
/// <param name="Name">Short name, as in tables and on the command line.</param>
/// <param name="Meaning">One line for a reader who has not seen the paper.</param>
/// <param name="Formula">Definition, in the symbols of <see cref="ScoreCatalogue"/>.</param>
/// <param name="Source">Paper and arXiv number.</param>
/// <param name="Direction">Which end marks a suspicious label.</param>
public sealed record ScoreDefinition(string Name, string Meaning, string Formula, string Source, ScoreDirection Direction);
