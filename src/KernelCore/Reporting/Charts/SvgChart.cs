using System.Text;
using System.Xml.Linq;
using static System.FormattableString;
using static KernelCore.Reporting.Markup;

namespace KernelCore.Reporting.Charts;

/// <summary>A point of a chart.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value; NaN and infinities leave a gap.</param>
/// <param name="Hint">Text shown when the pointer rests on the point.</param>
internal readonly record struct ChartPoint(double X, double Y, string? Hint = null);

/// <summary>A vertical line that marks a value of the horizontal axis.</summary>
internal readonly record struct ChartRule(double X, string Label);

/// <summary>Shape of a point.</summary>
internal enum PointShape
{
    /// <summary>Filled circle.</summary>
    Circle,

    /// <summary>Hollow diamond.</summary>
    Diamond,

    /// <summary>Cross.</summary>
    Cross,
}

/// <summary>A chart as inline SVG: axes, lines, step areas, points, vertical rules and a legend.</summary>
/// <remarks>Colours are CSS classes <c>c0</c> to <c>c7</c>, so that the page's light and dark palettes apply.</remarks>
internal sealed class SvgChart
{
    /// <summary>Number of colours; further series repeat them dashed.</summary>
    public const int Colours = 8;

    private const double Left = 60, Right = 14, Bottom = 46, Air = 12, RuleRow = 17;

    /// <summary>Lines of more points show no dots.</summary>
    private const int MostDots = 60;

    /// <summary>Points nearer than this to the one before, in pixels, add nothing one could see.</summary>
    private const double Resolution = 0.5;

    private readonly string _caption;
    private readonly Axis _x, _y;
    private readonly double _width, _height, _top;
    private readonly XElement _svg;
    private readonly List<XElement> _legend = [];

    /// <summary>Draws the axes.</summary>
    /// <param name="caption">Heading of the figure.</param>
    /// <param name="description">The content in words, for readers who do not see it.</param>
    /// <param name="x">Horizontal axis.</param>
    /// <param name="y">Vertical axis.</param>
    /// <param name="rules">Vertical marks.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    public SvgChart(
        string caption, string description, Axis x, Axis y, IReadOnlyList<ChartRule>? rules = null, int width = 520, int height = 290)
    {
        (_caption, _x, _y, _width, _height) = (caption, x, y, width, height);
        _top = Air + (RuleRow * (rules?.Count ?? 0));
        _svg = Tag(
            "svg", Attribute("viewBox", Invariant($"0 0 {width} {height}")), Attribute("role", "img"),
            Attribute("aria-label", $"{caption}. {description}"));
        DrawAxes();
        DrawRules(rules ?? []);
    }

    private double PlotBottom => _height - Bottom;

    private double PlotRight => _width - Right;

    /// <summary>A line through points, interrupted where a point has no value.</summary>
    /// <param name="name">Legend entry; null for none.</param>
    /// <param name="points">Points in order.</param>
    /// <param name="colour">Number of the colour, from 0.</param>
    public void Line(string? name, IReadOnlyCollection<ChartPoint> points, int colour)
    {
        string style = SeriesClass("line", colour);
        _svg.Add(Tag("path", Class(style), Attribute("d", PathThrough(points))));
        if (points.Count <= MostDots && points.Any(p => p.Hint is not null))
        {
            _svg.Add(points.Where(IsVisible).Select(p => Symbol(PointShape.Circle, p, colour)));
        }

        AddLegend(name, Tag("path", Class(style), Attribute("d", "M1 6H23")));
    }

    /// <summary>The diagonal from the lower left to the upper right corner, as a reference.</summary>
    public void Diagonal(string name)
    {
        _svg.Add(Tag("path", Class("reference"), Attribute("d", Invariant($"M{Left:0.#} {PlotBottom:0.#}L{PlotRight:0.#} {_top:0.#}"))));
        AddLegend(name, Tag("path", Class("reference"), Attribute("d", "M1 6H23")));
    }

    /// <summary>Points, drawn one by one.</summary>
    public void Points(string name, IReadOnlyCollection<ChartPoint> points, PointShape shape, int colour)
    {
        _svg.Add(points.Where(IsVisible).Select(p => Symbol(shape, p, colour)));
        AddLegend(name, SymbolAt(shape, 12, 6, colour));
    }

    /// <summary>A histogram: an outline of steps, filled down to the axis.</summary>
    /// <param name="name">Legend entry.</param>
    /// <param name="histogram">Shares by bin.</param>
    /// <param name="colour">Number of the colour, from 0.</param>
    public void Steps(string name, Histogram histogram, int colour)
    {
        var path = new StringBuilder(Invariant($"M{MapX(histogram.Edge(0)):0.#} {PlotBottom:0.#}"));
        for (int bin = 0; bin < histogram.Shares.Count; bin++)
        {
            path.Append(Invariant($"V{MapY(histogram.Shares[bin]):0.#}H{MapX(histogram.Edge(bin + 1)):0.#}"));
        }

        path.Append(Invariant($"V{PlotBottom:0.#}"));
        _svg.Add(Tag("path", Class(SeriesClass("area", colour)), Attribute("d", path)));
        AddLegend(name, Tag("path", Class(SeriesClass("area", colour)), Attribute("d", "M2 11V2H22V11")));
    }

    /// <summary>The figure: caption, drawing and legend.</summary>
    /// <param name="note">Second, plain line of the caption.</param>
    public XElement ToFigure(string? note = null) => Tag(
        "figure", Tag("figcaption", _caption, note is null ? null : Tag("p", Class("note"), note)), _svg, _legend.Count > 0 ? Tag("ul", Class("legend"), _legend) : null);

    /// <summary>Caption and drawing as the text of an SVG document with a style of its own, in the reader's light or dark theme.</summary>
    public string ToDocument()
    {
        const double heading = 28;
        XNamespace svg = "http://www.w3.org/2000/svg";
        var root = new XElement(_svg);
        root.SetAttributeValue("viewBox", Invariant($"0 {-heading} {_width} {_height + heading}"));
        XElement caption = Label(Left, -heading / 3, "start", _caption);
        caption.Add(Class("rule-label"));
        root.AddFirst(
            Tag("title", _caption), Tag("style", ReportStyle.Palette + ReportStyle.Charts),
            Tag("rect", Class("page"), Attribute("y", -heading), Attribute("width", "100%"), Attribute("height", "100%")), caption);
        foreach (XElement element in root.DescendantsAndSelf())
        {
            element.Name = svg + element.Name.LocalName;
        }

        return root + "\n";
    }

    /// <summary>A sample of a series' line, for tables that serve as the legend.</summary>
    public static XElement Swatch(int colour) => LegendSymbol(Tag("path", Class(SeriesClass("line", colour)), Attribute("d", "M1 6H23")));

    private static string SeriesClass(string kind, int colour) =>
        Invariant($"{kind} c{colour % Colours}{(colour >= Colours ? " dashed" : "")}");

    private static XElement LegendSymbol(XElement symbol) => Tag(
        "svg", Class("swatch"), Attribute("viewBox", "0 0 24 12"), Attribute("aria-hidden", "true"), symbol);

    private static bool IsVisible(ChartPoint point) => Axis.CanShow(point.X) && Axis.CanShow(point.Y);

    private static XElement SymbolAt(PointShape shape, double x, double y, int colour) => shape switch
    {
        PointShape.Circle => Tag(
            "circle", Class(SeriesClass("dot", colour)), Attribute("cx", Invariant($"{x:0.#}")), Attribute("cy", Invariant($"{y:0.#}")),
            Attribute("r", "2.6")),
        PointShape.Diamond => Tag(
            "path", Class(SeriesClass("hollow", colour)), Attribute("d", Invariant($"M{x:0.#} {y - 5.5:0.#}l5.5 5.5l-5.5 5.5l-5.5-5.5z"))),
        _ => Tag(
            "path", Class(SeriesClass("hollow", colour)), Attribute("d", Invariant($"M{x - 4:0.#} {y - 4:0.#}l8 8m0-8l-8 8"))),
    };

    private double MapX(double value) => Left + (_x.Fraction(value) * (PlotRight - Left));

    private double MapY(double value) => PlotBottom - (_y.Fraction(value) * (PlotBottom - _top));

    private XElement Symbol(PointShape shape, ChartPoint point, int colour)
    {
        XElement symbol = SymbolAt(shape, MapX(point.X), MapY(point.Y), colour);
        if (point.Hint is not null)
        {
            symbol.Add(Tag("title", point.Hint));
        }

        return symbol;
    }

    private string PathThrough(IEnumerable<ChartPoint> points)
    {
        var path = new StringBuilder();
        bool started = false;
        double lastX = 0, lastY = 0;
        foreach (ChartPoint point in points)
        {
            if (!IsVisible(point))
            {
                started = false;
                continue;
            }

            double x = MapX(point.X), y = MapY(point.Y);
            if (started && Math.Abs(x - lastX) < Resolution && Math.Abs(y - lastY) < Resolution)
            {
                continue;
            }

            path.Append(Invariant($"{(started ? 'L' : 'M')}{x:0.#} {y:0.#}"));
            (started, lastX, lastY) = (true, x, y);
        }

        return path.ToString();
    }

    private void AddLegend(string? name, XElement symbol)
    {
        if (name is not null)
        {
            _legend.Add(Tag("li", LegendSymbol(symbol), name));
        }
    }

    private void DrawAxes()
    {
        foreach (double tick in _y.Ticks)
        {
            double y = MapY(tick);
            _svg.Add(
                Tag("path", Class("grid"), Attribute("d", Invariant($"M{Left:0.#} {y:0.#}H{PlotRight:0.#}"))),
                Label(Left - 8, y + 4, "end", _y.Format(tick)));
        }

        foreach (double tick in _x.Ticks)
        {
            double x = MapX(tick);
            _svg.Add(
                Tag("path", Class("axis"), Attribute("d", Invariant($"M{x:0.#} {PlotBottom:0.#}v4"))),
                Label(x, PlotBottom + 17, "middle", _x.Format(tick)));
        }

        double middle = (_top + PlotBottom) / 2;
        XElement yLabel = Label(0, 0, "middle", _y.Label);
        yLabel.Add(Attribute("transform", Invariant($"translate(13 {middle:0.#}) rotate(-90)")));
        _svg.Add(
            Tag("path", Class("axis"), Attribute("d", Invariant($"M{Left:0.#} {PlotBottom:0.#}H{PlotRight:0.#}"))),
            Label((Left + PlotRight) / 2, _height - 8, "middle", _x.Label), yLabel);
    }

    /// <summary>Each rule has a row for its label above the plot, ordered so that lines do not cross labels.</summary>
    private void DrawRules(IReadOnlyList<ChartRule> rules)
    {
        const double characterWidth = 6.4;
        var placed = rules.OrderBy(r => r.X).Select(rule =>
        {
            double x = MapX(rule.X);
            return (Rule: rule, X: x, Rightward: x + 5 + (characterWidth * rule.Label.Length) <= PlotRight);
        }).ToList();
        int row = 0;
        foreach (var (rule, x, rightward) in placed.Where(p => p.Rightward).Concat(placed.Where(p => !p.Rightward).Reverse()))
        {
            double y = Air + (RuleRow * row++);
            XElement label = Label(rightward ? x + 5 : x - 5, y + 3, rightward ? "start" : "end", rule.Label);
            label.Add(Class("rule-label"));
            _svg.Add(Tag("path", Class("rule"), Attribute("d", Invariant($"M{x:0.#} {y - 6:0.#}V{PlotBottom:0.#}"))), label);
        }
    }

    private static XElement Label(double x, double y, string anchor, string text) => Tag(
        "text", Attribute("x", Invariant($"{x:0.#}")), Attribute("y", Invariant($"{y:0.#}")), Attribute("text-anchor", anchor), text);
}
