using KernelCore.Scoring;

namespace KernelCore.Reporting;

/// <summary>How well a score finds the samples known to be mislabelled.</summary>
internal sealed record Detector(ScoreColumn Score, double Auroc, double AveragePrecision);

/// <summary>What several sections say about the data: derived once.</summary>
internal sealed class ReportFacts
{
    /// <summary>Derives the facts of a report.</summary>
    public ReportFacts(ReportData data)
    {
        if (data.Noisy is { } noisy && noisy.Contains(true) && noisy.Contains(false))
        {
            Noisy = noisy;
            Detectors = [.. data.Scores.Columns.Select(score => Measure(score, noisy)).OrderByDescending(d => d.Auroc)];
        }

        Ranking = data.Scores.Find(data.RankBy ?? ScoreCatalogue.Aum.Name) ?? data.Scores.Columns.FirstOrDefault();
    }

    /// <summary>Which labels are wrong; null when not known, or when all labels are of one kind and there is nothing to tell apart.</summary>
    public bool[]? Noisy { get; }

    /// <summary>The scores as detectors of wrong labels, best AUROC first; empty without a noise mask.</summary>
    public IReadOnlyList<Detector> Detectors { get; } = [];

    /// <summary>Score that ranks the suspicious samples; null when there are no scores.</summary>
    public ScoreColumn? Ranking { get; }

    private static Detector Measure(ScoreColumn score, bool[] noisy) => new(
        score, DetectionMetrics.Auroc(score.Values, noisy, score.Definition.Direction),
        DetectionMetrics.AveragePrecision(score.Values, noisy, score.Definition.Direction));
}
