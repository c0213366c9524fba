using System.Xml.Linq;
using KernelCore.Kernels;
using KernelCore.Reporting.Charts;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Benchmarks;

/// <summary>Draws sweeps as one SVG file: a row per sweep, time on the left with the bound by formula dashed, memory on the right.</summary>
internal static class ScalingFigure
{
    private const int Width = 460, Height = 280, Heading = 24, Legend = 34;

    /// <summary>The report's rules and colours as far as they are used here, without variables, which few viewers of files know.</summary>
    private static readonly string Style = $$"""

        text { font: 12px sans-serif; }
        .grid, .axis, .line { fill: none; }
        .line { stroke-width: 2; }
        .dashed { stroke-dasharray: 6 4; stroke-width: 1.2; }
        .heading { font-weight: bold; }
        {{Palette("#ffffff", "#1b2430", "#5a6675", "#dde2e8", "#0072b2", "#d55e00", "#009e73")}}
        @media (prefers-color-scheme: dark) {
        {{Palette("#1a212b", "#e6ebf1", "#9daab9", "#323d4a", "#4fb3e8", "#ff9248", "#36c99a")}}
        }

        """;

    /// <summary>The file's text.</summary>
    /// <param name="rates">Rates of the machine, for the bounds.</param>
    /// <param name="sweeps">What varies, and its points.</param>
    public static string Draw(Roofline rates, params (string Name, IReadOnlyList<ScalingPoint> Points)[] sweeps)
    {
        int width = 2 * Width, height = Legend + (sweeps.Length * (Height + Heading));
        XElement root = Tag(
            "svg", Attribute("viewBox", Invariant($"0 0 {width} {height}")), Attribute("width", width), Attribute("height", height),
            Tag("style", Style), Tag("rect", Class("page"), Attribute("width", width), Attribute("height", height)));
        root.Add(ScalingRun.Swept.SelectMany((quantity, i) => LegendEntry(quantity, i)));
        root.Add(Text(20 + (170 * ScalingRun.Swept.Count), 21, "dashed: the bound by formula", null));
        for (int row = 0; row < sweeps.Length; row++)
        {
            var (name, points) = sweeps[row];
            int top = Legend + (row * (Height + Heading));
            root.Add(Panel(name, "milliseconds", points, p => 1e3 * p.Seconds, p => 1e3 * rates.Seconds(p.Work), 0, top));
            root.Add(Panel(name, "memory, MiB", points, p => p.Bytes / (double)(1 << 20), null, Width, top));
        }

        XNamespace svg = "http://www.w3.org/2000/svg";
        foreach (XElement element in root.DescendantsAndSelf())
        {
            element.Name = svg + element.Name.LocalName;
        }

        return root + "\n";
    }

    private static XElement Panel(
        string sweep, string what, IReadOnlyList<ScalingPoint> points, Func<ScalingPoint, double> value, Func<ScalingPoint, double>? bound, int left, int top)
    {
        var shown = points.Select(value).Concat(bound is null ? [] : points.Select(bound)).Where(v => v > 0).Select(Math.Log10);
        Axis x = Axis.Over(Invariant($"log2 of the {sweep}"), points.Select(p => Math.Log2(p.Size)), intervals: 6);
        Axis y = Axis.Over(Invariant($"log10 of {what}"), shown, intervals: 6);
        var chart = new SvgChart(what, sweep, x, y, width: Width, height: Height);
        for (int i = 0; i < ScalingRun.Swept.Count; i++)
        {
            var series = points.Where(p => p.Quantity == ScalingRun.Swept[i]).ToList();
            chart.Line(null, [.. series.Select(p => Point(p, value(p)))], i);
            if (bound is not null)
            {
                chart.Line(null, [.. series.Select(p => Point(p, bound(p)) with { Hint = null })], i + SvgChart.Colours);
            }
        }

        return Tag(
            "g", Attribute("transform", Invariant($"translate({left} {top})")),
            Text(60, 16, Invariant($"MLP: {what} by {sweep}"), "heading"),
            Tag("g", Attribute("transform", Invariant($"translate(0 {Heading})")), chart.ToFigure().Element("svg")!.Elements()));
    }

    private static ChartPoint Point(ScalingPoint point, double value) =>
        new(Math.Log2(point.Size), Math.Log10(value), Invariant($"{point.Quantity.Name()}, {point.Size}: {value:G3}"));

    private static string Palette(string surface, string text, string muted, string line, params string[] series) =>
        $$""".page { fill: {{surface}}; } text { fill: {{muted}}; } .heading { fill: {{text}}; } .grid { stroke: {{line}}; } .axis { stroke: {{muted}}; } """
        + string.Join(' ', series.Select((colour, i) => $$""".line.c{{i}} { stroke: {{colour}}; } .dot.c{{i}} { fill: {{colour}}; }"""));

    private static IEnumerable<XElement> LegendEntry(Quantity quantity, int colour)
    {
        int x = 20 + (170 * colour);
        yield return Tag("path", Class(Invariant($"line c{colour}")), Attribute("d", Invariant($"M{x} 17h24")));
        yield return Text(x + 30, 21, quantity.Name(), null);
    }

    private static XElement Text(int x, int y, string text, string? style) =>
        Tag("text", Attribute("x", x), Attribute("y", y), style is null ? null : Class(style), text);
}
