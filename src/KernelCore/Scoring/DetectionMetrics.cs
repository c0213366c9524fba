namespace KernelCore.Scoring;

/// <summary>A point of the receiver operating characteristic.</summary>
/// <param name="FalsePositiveRate">Flagged fraction of the negatives.</param>
/// <param name="TruePositiveRate">Flagged fraction of the positives, the recall.</param>
/// <param name="Threshold">
/// Least suspicious score that is flagged at this point. At the first point, which flags nothing, an infinity of the
/// suspicious sign; NaN where only NaN scores are flagged.
/// </param>
public readonly record struct RocPoint(double FalsePositiveRate, double TruePositiveRate, double Threshold);

/// <summary>How well a score finds the positives, here the mislabelled samples, by ranking alone.</summary>
/// <remarks>
/// <para>Ties count as ties, never in input order. A NaN score ranks as most suspicious in either direction, tied with every
/// other NaN: a sample on which a score broke down deserves a look, and hiding it at the bottom would flatter the score.</para>
/// <para>With no samples, no positives or no negatives there is nothing to detect: the areas are NaN and the curve is empty.</para>
/// <para>Samples are counted exactly in 64-bit integers and only the final quotients are rounded. Time O(n log n), memory
/// O(n), deterministic, thread safe.</para>
/// </remarks>
public static class DetectionMetrics
{
    /// <summary>Area under the ROC: the probability that a random positive is more suspicious than a random negative, ties counting half.</summary>
    /// <remarks>The Mann-Whitney statistic by midranks, U / (P N). 0.5 is chance; constant scores give exactly 0.5.</remarks>
    /// <param name="scores">A score per sample.</param>
    /// <param name="positives">Whether each sample is positive (mislabelled).</param>
    /// <param name="direction">Which end of the score is suspicious.</param>
    public static double Auroc(
        ReadOnlySpan<double> scores, ReadOnlySpan<bool> positives, ScoreDirection direction = ScoreDirection.HigherIsSuspicious)
    {
        List<Counts> curve = Cumulate(scores, positives, direction);
        Counts total = curve[^1];

        // Twice the area in units of one positive times one negative: a sum of trapezia, in integers.
        long twice = 0;
        for (int i = 1; i < curve.Count; i++)
        {
            twice += (curve[i].Negatives - curve[i - 1].Negatives) * (curve[i].Positives + curve[i - 1].Positives);
        }

        return total.HasBothClasses ? twice / (2.0 * total.Positives * total.Negatives) : double.NaN;
    }

    /// <summary>Area under the precision-recall curve as average precision: AP = sum_k (R_k - R_(k-1)) P_k over distinct scores.</summary>
    /// <remarks>Step-wise, as scikit-learn's <c>average_precision_score</c>: no interpolation. Chance is the fraction of positives.</remarks>
    /// <inheritdoc cref="Auroc" path="/param"/>
    public static double AveragePrecision(
        ReadOnlySpan<double> scores, ReadOnlySpan<bool> positives, ScoreDirection direction = ScoreDirection.HigherIsSuspicious)
    {
        List<Counts> curve = Cumulate(scores, positives, direction);
        Counts total = curve[^1];
        double sum = 0;
        for (int i = 1; i < curve.Count; i++)
        {
            long found = curve[i].Positives - curve[i - 1].Positives;
            sum += found * (curve[i].Positives / (double)(curve[i].Positives + curve[i].Negatives));
        }

        return total.HasBothClasses ? sum / total.Positives : double.NaN;
    }

    /// <summary>The ROC from (0, 0) to (1, 1), for plotting.</summary>
    /// <remarks>Points on a straight line between their neighbours are left out, by exact integer arithmetic: the same curve, fewer points.</remarks>
    /// <inheritdoc cref="Auroc" path="/param"/>
    public static RocPoint[] RocCurve(
        ReadOnlySpan<double> scores, ReadOnlySpan<bool> positives, ScoreDirection direction = ScoreDirection.HigherIsSuspicious)
    {
        List<Counts> curve = Cumulate(scores, positives, direction);
        Counts total = curve[^1];
        if (!total.HasBothClasses)
        {
            return [];
        }

        var corners = new List<Counts>();
        foreach (Counts point in curve)
        {
            while (corners.Count > 1 && AreCollinear(corners[^2], corners[^1], point))
            {
                corners.RemoveAt(corners.Count - 1);
            }

            corners.Add(point);
        }

        return corners.ConvertAll(point => new RocPoint(
            point.Negatives / (double)total.Negatives, point.Positives / (double)total.Positives, point.Score)).ToArray();
    }

    /// <summary>Positives and negatives flagged down to each distinct score, most suspicious first, from none to all.</summary>
    private static List<Counts> Cumulate(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positives, ScoreDirection direction)
    {
        if (positives.Length != scores.Length)
        {
            throw new ArgumentException($"{scores.Length} scores need as many labels, got {positives.Length}", nameof(positives));
        }

        // Ascending order puts NaN first, then the smallest key: the most suspicious one once the sign is right.
        double sign = direction == ScoreDirection.HigherIsSuspicious ? -1 : 1;
        double[] keys = new double[scores.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = sign * scores[i];
        }

        bool[] flags = positives.ToArray();
        Array.Sort(keys, flags);

        List<Counts> curve = [new Counts(0, 0, sign * double.NegativeInfinity)];
        long found = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            found += flags[i] ? 1 : 0;
            bool tied = i + 1 < keys.Length && keys[i + 1].Equals(keys[i]);
            if (!tied)
            {
                curve.Add(new Counts(found, i + 1 - found, sign * keys[i]));
            }
        }

        return curve;
    }

    private static bool AreCollinear(Counts a, Counts b, Counts c) =>
        (b.Negatives - a.Negatives) * (c.Positives - a.Positives) == (c.Negatives - a.Negatives) * (b.Positives - a.Positives);

    private readonly record struct Counts(long Positives, long Negatives, double Score)
    {
        public bool HasBothClasses => Positives > 0 && Negatives > 0;
    }
}
