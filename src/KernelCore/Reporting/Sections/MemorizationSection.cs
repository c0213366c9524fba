using System.Xml.Linq;
using KernelCore.Influence;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>The samples that are predicted right only by models trained on them, and those that stand in for each other.</summary>
internal static class MemorizationSection
{
    private const int MostSamples = 24, MostGroups = 12, MostMembers = 8;

    public static XElement? Render(ReportData data)
    {
        if (data.Memorization is not { } table)
        {
            return null;
        }

        int[] memorised = table.Most(MostSamples);
        IReadOnlyList<IReadOnlyList<int>> groups = table.NearDuplicates();
        int[][] shown = [.. groups.Take(MostGroups).Select(g => g.Take(MostMembers).ToArray())];
        var pictures = new SamplePictures(data.Dataset, [.. memorised.Concat(shown.SelectMany(g => g)).Distinct()]);
        int count = table.Memorization.Count(m => m >= MemorizationTable.Threshold);
        return Tag(
            "section", Attribute("id", "memorization"), Tag("h2", "Memorised samples"),
            Tag(
                "p", Class("note"),
                Invariant($"{Format.Count(count)} of {Format.Count(table.Count)} training samples are memorised: models trained on them predict their label at least "),
                Invariant($"{100 * MemorizationTable.Threshold:0} percentage points more often than models trained without them. The highest, with that difference:")),
            Tag("ol", Class("thumbs"), memorised.Select(i => InfluenceSection.Thumb(data.Dataset, pictures, i, table.Memorization[i]))),
            Tag("h3", "Near-duplicates"),
            Tag("p", Class("note"), Invariant($"{Format.Count(groups.Count)} groups of training samples that stand in for each other: leaving one out changes little as long as another is there.")),
            Tag(
                "div", Class("groups"),
                shown.Select(group => Tag("ul", Class("thumbs"), group.Select(i => InfluenceSection.Thumb(data.Dataset, pictures, i, null))))));
    }
}
