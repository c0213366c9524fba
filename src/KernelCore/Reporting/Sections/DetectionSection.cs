using System.Xml.Linq;
using KernelCore.Reporting.Charts;
using KernelCore.Scoring;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Sections;

/// <summary>How well every score finds the injected wrong labels.</summary>
internal static class DetectionSection
{
    /// <summary>Curves drawn; the table holds every score.</summary>
    private const int MostCurves = 12;

    public static XElement? Render(ReportFacts facts)
    {
        if (facts.Noisy is not { } noisy)
        {
            return null;
        }

        double chance = (double)noisy.Count(n => n) / noisy.Length;
        return Tag(
            "section", Attribute("id", "detection"), Tag("h2", "Finding the wrong labels"),
            Tag(
                "p", Class("note"),
                $"Every score ranks the samples; the curves show how many wrong labels are found against how many right ones are flagged. "
                + $"Chance is an AUROC of 0.5 and an AUPR of {Format.Area(chance)}, the share of wrong labels."),
            Tag("div", Class("charts detection"), Curves(facts.Detectors, noisy), DetectorTable(facts.Detectors)));
    }

    private static XElement Curves(IReadOnlyList<Detector> detectors, bool[] noisy)
    {
        var x = new Axis("right labels flagged (%)", 0, 100, 20);
        var y = new Axis("wrong labels found (%)", 0, 100, 20);
        var chart = new SvgChart("Receiver operating characteristic", "The areas are in the table beside.", x, y, width: 470, height: 450);
        chart.Diagonal("chance");
        for (int i = Math.Min(detectors.Count, MostCurves) - 1; i >= 0; i--)
        {
            ScoreColumn score = detectors[i].Score;
            RocPoint[] curve = DetectionMetrics.RocCurve(score.Values, noisy, score.Definition.Direction);
            chart.Line(null, [.. curve.Select(p => new ChartPoint(100 * p.FalsePositiveRate, 100 * p.TruePositiveRate))], i);
        }

        return chart.ToFigure();
    }

    private static XElement DetectorTable(IReadOnlyList<Detector> detectors) => Table(
        "Area under the ROC curve (AUROC) and under the precision-recall curve (AUPR)", ["Score", "AUROC", "AUPR"],
        detectors.Select((detector, i) => (object[])
        [
            new object?[] { i < MostCurves ? SvgChart.Swatch(i) : null, detector.Score.Name }, Format.Area(detector.Auroc),
            Format.Area(detector.AveragePrecision),
        ]));
}
