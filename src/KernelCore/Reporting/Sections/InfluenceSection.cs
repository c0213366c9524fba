using System.Xml.Linq;
using KernelCore.Data;
using KernelCore.Influence;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>Which training samples made the model predict what it predicts on some test samples.</summary>
internal static class InfluenceSection
{
    private const int MostTests = 12, MostSamples = 5;

    public static XElement? Render(ReportData data)
    {
        if (data.Influence is not { Proponents.Count: > 0 } exhibit)
        {
            return null;
        }

        int count = Math.Min(MostTests, exhibit.Proponents.Count);
        RankedInfluence[][] proponents = [.. exhibit.Proponents.Take(count).Select(list => list.Take(MostSamples).ToArray())];
        RankedInfluence[][] opponents = [.. exhibit.Opponents.Take(count).Select(list => list.Take(MostSamples).ToArray())];
        var trains = new SamplePictures(data.Dataset, [.. proponents.Concat(opponents).SelectMany(list => list).Select(r => r.Index).Distinct()]);
        var tests = new SamplePictures(exhibit.Test, [.. Enumerable.Range(exhibit.TestStart, count)]);
        return Tag(
            "section", Attribute("id", "influence"), Tag("h2", "Proponents and opponents"),
            Tag(
                "p", Class("note"),
                Invariant($"Test samples with the training samples that lower their loss most (proponents) and raise it most (opponents), by {exhibit.Method}.")),
            Enumerable.Range(0, count).Select(k => Tag(
                "div", Class("case"),
                Tag("div", Tag("h3", "Test sample"), Tag("ul", Class("thumbs"), Thumb(exhibit.Test, tests, exhibit.TestStart + k, null))),
                Tag("div", Tag("h3", "Proponents"), List(data.Dataset, trains, proponents[k])),
                Tag("div", Tag("h3", "Opponents"), List(data.Dataset, trains, opponents[k])))));
    }

    /// <summary>A small picture with number, label and a value.</summary>
    public static XElement Thumb(Dataset dataset, SamplePictures pictures, int index, double? value) => Tag(
        "li", pictures.Show(index), Tag("p", Class("index"), Invariant($"#{index}")), Tag("p", dataset.ClassNames[dataset.Labels[index]]),
        value is { } number ? Tag("p", Class("note"), Invariant($"{number:G3}")) : null);

    private static XElement List(Dataset dataset, SamplePictures pictures, RankedInfluence[] ranked) =>
        Tag("ol", Class("thumbs"), ranked.Select(r => Thumb(dataset, pictures, r.Index, r.Value)));
}
