using System.Xml.Linq;
using KernelCore.Scoring;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>The samples whose label deserves a look first.</summary>
internal static class SuspectSection
{
    /// <summary>Samples shown.</summary>
    public const int Most = 48;

    public static XElement? Render(ReportData data, ReportFacts facts)
    {
        if (facts.Ranking is not { } ranking)
        {
            return null;
        }

        int[] suspects = [.. MostSuspicious(ranking).Take(Most)];
        var pictures = new SamplePictures(data.Dataset, suspects);
        ScoreColumn[] shown = [.. new[] { ranking, data.Scores.Find(ScoreCatalogue.Gwa.Name), data.Scores.Find(ScoreCatalogue.Loss.Name) }
            .OfType<ScoreColumn>().Distinct()];
        string end = ranking.Definition.Direction == ScoreDirection.HigherIsSuspicious ? "highest" : "lowest";
        return Tag(
            "section", Attribute("id", "suspects"), Tag("h2", "Most suspicious samples"),
            Tag("p", Class("note"), Invariant($"The {suspects.Length} samples of {end} {ranking.Name}: {ranking.Definition.Meaning}."), Found(suspects, facts.Noisy)),
            Tag("ol", Class("suspects"), suspects.Select(i => Card(i, data, facts, pictures.Show(i), shown))));
    }

    /// <summary>Samples from the suspicious end; as in <see cref="DetectionMetrics"/>, NaN is the most suspicious value.</summary>
    private static IEnumerable<int> MostSuspicious(ScoreColumn ranking)
    {
        IEnumerable<int> samples = Enumerable.Range(0, ranking.Values.Length);
        double sign = ranking.Definition.Direction == ScoreDirection.HigherIsSuspicious ? -1 : 1;
        return samples.OrderBy(i => sign * ranking.Values[i]);
    }

    private static string Found(int[] suspects, bool[]? noisy) => noisy is null
        ? ""
        : Invariant($" {suspects.Count(i => noisy[i])} of them carry an injected wrong label; among all samples {Format.Percent((double)noisy.Count(n => n) / noisy.Length)} do.");

    private static XElement Card(int index, ReportData data, ReportFacts facts, XElement picture, ScoreColumn[] shown)
    {
        bool? noisy = facts.Noisy?[index];
        return Tag(
            "li", noisy == true ? Class("hit") : null, picture,
            Tag(
                "div",
                Tag("p", Class("index"), Invariant($"#{index}"), noisy == true ? Tag("span", Class("badge"), "wrong label") : null),
                Tag(
                    "dl",
                    Pair("given", ClassName(data, data.Scores.Labels[index])),
                    Pair("predicted", ClassName(data, data.Scores.Predictions[index])),
                    data.TrueLabels is { } truth ? Pair("true", ClassName(data, truth[index])) : null,
                    shown.Select(score => Pair(score.Name, Format.Value(score.Values[index]))))));
    }

    private static XElement[] Pair(string name, string value) => [Tag("dt", name), Tag("dd", value)];

    private static string ClassName(ReportData data, int label) =>
        (uint)label < (uint)data.Dataset.ClassCount ? data.Dataset.ClassNames[label] : Format.None;
}
