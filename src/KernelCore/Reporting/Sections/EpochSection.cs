using System.Globalization;
using System.Xml.Linq;
using KernelCore.Reporting.Charts;
using KernelCore.Scoring;
using KernelCore.Training;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>GWA, accuracy, prediction changes and loss by epoch, with the stopping points.</summary>
internal static class EpochSection
{
    public static XElement? Render(ReportData data)
    {
        if (data.Epochs.Count == 0)
        {
            return null;
        }

        IReadOnlyList<EpochRecord> epochs = data.Epochs;
        Axis x = Axis.Integers("epoch", epochs.Min(e => e.Epoch), epochs.Max(e => e.Epoch));
        ChartRule[] rules = [.. Rules(data)];
        return Tag(
            "section", Attribute("id", "epochs"), Tag("h2", "Training by epoch"),
            Tag(
                "p", Class("note"),
                "GWA (arXiv 2510.25480) is the mean alignment of the samples over their excess kurtosis plus 1.2: high while the samples agree on "
                + "where to go. LabelWave (arXiv 2502.07551) counts the samples whose predicted class changes: it falls while the network learns, "
                + "and rises when it starts to fit wrong labels. Neither needs held-out data. Dashed: the epochs they pick."),
            Tag(
                "div", Class("charts"),
                GwaChart(epochs, x, rules),
                Chart("Accuracy", "accuracy (%)", false, epochs, x, rules, ("training", e => 100 * e.Accuracy), ("held-out", e => 100 * e.TestAccuracy)),
                Chart("LabelWave: prediction changes", "changed samples", true, epochs, x, rules, ("changes since the epoch before", Changes)),
                Chart("Loss", "mean cross-entropy", true, epochs, x, rules, ("training", e => e.Loss), ("held-out", e => e.TestLoss))),
            Tag("details", Tag("summary", "All numbers by epoch"), EpochTable(epochs)));
    }

    /// <summary>A sample's first prediction is no change: epoch 1 says nothing.</summary>
    private static double? Changes(EpochRecord epoch) => epoch.Epoch == 1 ? null : epoch.PredictionChanges;

    private static IEnumerable<ChartRule> Rules(ReportData data)
    {
        if (data.GwaEpoch is { } both && both == data.LabelWaveEpoch)
        {
            return [new ChartRule(both, Invariant($"GWA and LabelWave: {both}"))];
        }

        var rules = new List<ChartRule>();
        if (data.GwaEpoch is { } gwa)
        {
            rules.Add(new ChartRule(gwa, Invariant($"GWA: {gwa}")));
        }

        if (data.LabelWaveEpoch is { } labelWave)
        {
            rules.Add(new ChartRule(labelWave, Invariant($"LabelWave: {labelWave}")));
        }

        return rules;
    }

    private static XElement GwaChart(IReadOnlyList<EpochRecord> epochs, Axis x, ChartRule[] rules)
    {
        const string caption = "Gradient-weight alignment (GWA)";
        GwaEpoch[] values = [.. epochs.Select(e => e.Gwa).OfType<GwaEpoch>()];
        if (values.Length == 0)
        {
            return Nothing(caption, "Not measured: the model has no linear head.");
        }

        // A value next to the pole may be of any size: it gets a mark, but neither stretches the axis nor joins the line.
        Axis y = Axis.Over("GWA", values.Where(g => g.Status == GwaStatus.Ok).Select(g => g.Value));
        var chart = new SvgChart(caption, Describe("GWA", epochs, e => e.Gwa?.Value), x, y, rules);
        chart.Line("GWA", [.. epochs.Select(e => Point(e, e.Gwa is { Status: GwaStatus.Ok } ok ? ok.Value : null))], 0);
        AddMarks("near the pole: not to be trusted", g => g.Status == GwaStatus.NearPole, PointShape.Diamond, 3);
        AddMarks("undefined", g => g.Status == GwaStatus.Undefined, PointShape.Cross, 3);
        AddMarks("sign flipped beyond the pole", g => g is { Status: GwaStatus.Ok, IsSignFlipped: true }, PointShape.Diamond, 4);
        return chart.ToFigure();

        void AddMarks(string name, Func<GwaEpoch, bool> select, PointShape shape, int colour)
        {
            ChartPoint[] marks = [.. values.Where(select).Select(g => new ChartPoint(
                g.Epoch, Axis.CanShow(g.Value) ? g.Value : g.Value > 0 ? y.Maximum : y.Minimum, Hint(g.Epoch, g.Value)))];
            if (marks.Length > 0)
            {
                chart.Points(name, marks, shape, colour);
            }
        }
    }

    private static XElement Chart(
        string caption, string label, bool fromZero, IReadOnlyList<EpochRecord> epochs, Axis x, ChartRule[] rules,
        params (string Name, Func<EpochRecord, double?> Value)[] series)
    {
        var shown = series.Where(s => epochs.Any(e => s.Value(e) is not null)).ToList();
        if (shown.Count == 0)
        {
            return Nothing(caption, "There are no values before epoch 2.");
        }

        Axis y = Axis.Over(label, shown.SelectMany(s => epochs.Select(e => s.Value(e) ?? double.NaN)), fromZero);
        string description = string.Join(" ", shown.Select(s => Describe(s.Name, epochs, s.Value)));
        var chart = new SvgChart(caption, description, x, y, rules);
        for (int i = 0; i < shown.Count; i++)
        {
            chart.Line(shown[i].Name, [.. epochs.Select(e => Point(e, shown[i].Value(e)))], i);
        }

        return chart.ToFigure();
    }

    private static XElement Nothing(string caption, string reason) => Tag("figure", Tag("figcaption", caption), Tag("p", Class("note"), reason));

    private static ChartPoint Point(EpochRecord epoch, double? value) => new(epoch.Epoch, value ?? double.NaN, Hint(epoch.Epoch, value));

    private static string Hint(int epoch, double? value) => Invariant($"epoch {epoch}: {Format.Value(value)}");

    private static string Describe(string name, IReadOnlyList<EpochRecord> epochs, Func<EpochRecord, double?> value) => Invariant(
        $"{name}: {Format.Value(value(epochs[0]))} in epoch {epochs[0].Epoch}, {Format.Value(value(epochs[^1]))} in epoch {epochs[^1].Epoch}.");

    private static XElement EpochTable(IReadOnlyList<EpochRecord> epochs) => Table(
        "Every epoch; \u03B3 is the alignment of a sample, K its excess kurtosis over the samples",
        [
            "Epoch", "Loss", "Held-out loss", "Accuracy", "Held-out accuracy", "Prediction changes", "Mean \u03B3", "K", "GWA", "Status",
            "Learning rate", "Samples/s",
        ],
        epochs.Select(e => (object[])
        [
            e.Epoch.ToString(CultureInfo.InvariantCulture), Format.Value(e.Loss), Format.Value(e.TestLoss), Format.Percent(e.Accuracy),
            Format.Percent(e.TestAccuracy), Format.Count(e.PredictionChanges), Format.Value(e.Gwa?.Mean), Format.Value(e.Gwa?.ExcessKurtosis),
            Format.Value(e.Gwa?.Value), StatusName(e.Gwa), Format.Value(e.LearningRate), Format.Value(e.SamplesPerSecond),
        ]));

    private static string StatusName(GwaEpoch? gwa) => gwa switch
    {
        null => Format.None,
        { Status: GwaStatus.NearPole } => "near pole",
        { Status: GwaStatus.Undefined } => "undefined",
        { IsSignFlipped: true } => "sign flipped",
        _ => "ok",
    };
}
