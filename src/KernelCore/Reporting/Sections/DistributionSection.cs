using System.Xml.Linq;
using KernelCore.Reporting.Charts;
using KernelCore.Scoring;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>How the alignment and the leading other score spread over the samples, wrong labels apart from right ones.</summary>
internal static class DistributionSection
{
    public static XElement? Render(ReportData data, ReportFacts facts)
    {
        ScoreColumn? gwa = data.Scores.Find(ScoreCatalogue.Gwa.Name);
        ScoreColumn? other = facts.Detectors.Select(d => d.Score).Append(facts.Ranking).Concat(data.Scores.Columns)
            .FirstOrDefault(score => score != gwa);
        ScoreColumn[] shown = [.. new[] { gwa, other }.OfType<ScoreColumn>()];
        if (shown.Length == 0)
        {
            return null;
        }

        return Tag(
            "section", Attribute("id", "distribution"), Tag("h2", "Distribution of the scores"),
            Tag(
                "p", Class("note"), facts.Noisy is null
                    ? "Share of the samples per bin. The outermost bins also hold the values beyond them."
                    : "Share of each group per bin: the further the groups lie apart, the better the score tells them apart. "
                    + "The outermost bins also hold the values beyond them."),
            Tag("div", Class("charts"), shown.Select(score => Chart(score, Groups(score, facts.Noisy)))),
            Tag(
                "details", Tag("summary", "Quantiles"),
                Table(
                    "Quantiles of the shown scores", ["Score", "Samples", "NaN", "Minimum", "25 %", "Median", "75 %", "Maximum"],
                    shown.SelectMany(score => Groups(score, facts.Noisy).Select(group => Row(score.Name, group))))));
    }

    private static IReadOnlyList<(string Name, double[] Values)> Groups(ScoreColumn score, bool[]? noisy) => noisy is null
        ? [("all samples", score.Values)]
        :
        [
            ("original label", [.. score.Values.Where((_, i) => !noisy[i])]),
            ("injected wrong label", [.. score.Values.Where((_, i) => noisy[i])]),
        ];

    private static XElement Chart(ScoreColumn score, IReadOnlyList<(string Name, double[] Values)> groups)
    {
        Histogram[] histograms = Histogram.Of([.. groups.Select(g => g.Values)]);
        Histogram first = histograms[0];
        Axis scale = Axis.Over(score.Name, [first.Edge(0), first.Edge(first.Shares.Count)]);
        var x = new Axis(score.Name, first.Edge(0), first.Edge(first.Shares.Count), scale.Step);
        string share = groups.Count > 1 ? "share of group (%)" : "share of samples (%)";
        Axis y = Axis.Over(share, histograms.SelectMany(h => h.Shares), fromZero: true);
        string description = string.Join(" ", groups.Select(g => $"{g.Name}: median {Format.Value(Quantile(Sorted(g.Values), 0.5))}."));
        var chart = new SvgChart(score.Name, description, x, y);
        for (int i = 0; i < groups.Count; i++)
        {
            chart.Steps(groups[i].Name, histograms[i], i);
        }

        return chart.ToFigure(score.Definition.Meaning);
    }

    private static object[] Row(string score, (string Name, double[] Values) group)
    {
        double[] sorted = Sorted(group.Values);
        return
        [
            $"{score}, {group.Name}", Format.Count(group.Values.Length), Format.Count(group.Values.Length - sorted.Length),
            .. new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(q => Format.Value(Quantile(sorted, q))),
        ];
    }

    private static double[] Sorted(double[] values) => [.. values.Where(v => !double.IsNaN(v)).Order()];

    /// <summary>The value at the nearest rank; null of nothing.</summary>
    private static double? Quantile(double[] sorted, double q) =>
        sorted.Length == 0 ? null : sorted[(int)Math.Round(q * (sorted.Length - 1), MidpointRounding.AwayFromZero)];
}
