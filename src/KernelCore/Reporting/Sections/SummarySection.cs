using System.Globalization;
using System.Xml.Linq;
using KernelCore.Training;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>The run in a few numbers: accuracy, what the stopping rules picked, the best detector.</summary>
internal static class SummarySection
{
    public static XElement Render(ReportData data, ReportFacts facts) => Tag(
        "section", Attribute("id", "summary"), Tag("h2", "Summary"),
        Tag("ul", Class("tiles"), Tiles(data, facts)),
        data.Epochs.Count > 0 ? Stoppers(data) : null,
        data.Run.Count > 0
            ? Tag("dl", Class("run"), data.Run.Select(pair => Tag("div", Tag("dt", pair.Key), Tag("dd", pair.Value))))
            : null);

    private static IEnumerable<XElement> Tiles(ReportData data, ReportFacts facts)
    {
        yield return Tile(
            "Samples", Format.Count(data.Dataset.Count),
            facts.Noisy is { } noisy
                ? $"{Format.Count(noisy.Count(n => n))} with an injected wrong label"
                : $"{Format.Count(data.Dataset.ClassCount)} classes");
        if (data.Epochs.Count > 0)
        {
            EpochRecord last = data.Epochs[^1];
            yield return last.TestAccuracy is null
                ? Tile("Training accuracy", Format.Percent(last.Accuracy), $"after epoch {Number(last.Epoch)}")
                : Tile("Held-out accuracy", Format.Percent(last.TestAccuracy), $"after the last epoch, {Number(last.Epoch)}");
            yield return Pick("GWA stops at", data.GwaEpoch, data);
            yield return Pick("LabelWave stops at", data.LabelWaveEpoch, data);
        }

        if (facts.Detectors is [{ } best, ..])
        {
            yield return Tile("Best detector", best.Score.Name, $"AUROC {Format.Area(best.Auroc)}");
        }
    }

    private static XElement Pick(string label, int? epoch, ReportData data) => epoch is null
        ? Tile(label, Format.None, "no epoch picked")
        : Tile(
            label, $"epoch {Number(epoch.Value)}",
            Find(data, epoch.Value)?.TestAccuracy is { } accuracy ? $"held-out accuracy {Format.Percent(accuracy)}" : null);

    private static XElement Tile(string label, string value, string? note) => Tag(
        "li", Tag("span", Class("label"), label), Tag("strong", value), note is null ? null : Tag("span", note));

    private static XElement Stoppers(ReportData data)
    {
        EpochRecord? best = data.Epochs.Where(e => e.TestAccuracy is not null).MaxBy(e => e.TestAccuracy);
        IEnumerable<object[]> rows =
        [
            Row("GWA", "largest gradient-weight alignment", data.GwaEpoch),
            Row("LabelWave", "first minimum of the averaged prediction changes", data.LabelWaveEpoch),
            Row("Last epoch", "no early stopping", data.Epochs[^1].Epoch),
            .. best is null ? Enumerable.Empty<object[]>() : [Row("Best epoch", "needs held-out labels; the others do not", best.Epoch)],
        ];
        return Table(
            "What each stopping rule picks", ["Rule", "Takes", "Epoch", "Held-out accuracy", "Training accuracy"], rows);

        object[] Row(string rule, string takes, int? epoch)
        {
            EpochRecord? record = epoch is null ? null : Find(data, epoch.Value);
            return [rule, takes, epoch is null ? Format.None : Number(epoch.Value), Format.Percent(record?.TestAccuracy), Format.Percent(record?.Accuracy)];
        }
    }

    private static EpochRecord? Find(ReportData data, int epoch) => data.Epochs.FirstOrDefault(e => e.Epoch == epoch);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
