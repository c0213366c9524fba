using System.Globalization;
using System.Xml.Linq;
using KernelCore.Reporting.Charts;

namespace KernelCore.Tests.Reporting;

public sealed class ChartTests
{
    [Theory]
    [InlineData(0.0, 1.0, "0.0 0.2 0.4 0.6 0.8 1.0")]
    [InlineData(3.0, 97.0, "0 20 40 60 80 100")]
    [InlineData(-0.013, 0.031, "-0.02 -0.01 0.00 0.01 0.02 0.03 0.04")]
    [InlineData(0.0, 4e7, "0 1E+7 2E+7 3E+7 4E+7")]
    [InlineData(2e-7, 9e-7, "2E-7 4E-7 6E-7 8E-7 1E-6")]
    public void TicksAreRoundNumbersAroundTheValues(double low, double high, string ticks)
    {
        Axis axis = Axis.Over("", [low, high]);
        Assert.Equal(ticks, string.Join(' ', axis.Ticks.Select(axis.Format)));
        Assert.True(axis.Minimum <= low && high <= axis.Maximum);
    }

    [Theory]
    [InlineData]
    [InlineData(0.0)]
    [InlineData(5.0)]
    [InlineData(-1e12, -1e12)]
    [InlineData(1e15, 1000000000000001.0)]
    [InlineData(double.NaN, double.PositiveInfinity, double.NegativeInfinity)]
    [InlineData(double.MaxValue, double.MinValue, 3.0)]
    [InlineData(1e149, -1e149)]
    [InlineData(double.Epsilon, 0.0)]
    public void DegenerateValuesGiveAUsableAxis(params double[] values)
    {
        Axis axis = Axis.Over("", values);
        Assert.True(axis.Minimum < axis.Maximum);
        Assert.InRange(axis.Ticks.Count(), 2, 12);
        foreach (double value in values.Where(Axis.CanShow))
        {
            Assert.InRange(value, axis.Minimum, axis.Maximum);
            Assert.InRange(axis.Fraction(value), 0, 1);
        }
    }

    [Theory]
    [InlineData(1, 1, "1")]
    [InlineData(1, 3, "1 2 3")]
    [InlineData(1, 30, "5 10 15 20 25 30")]
    public void WholeNumbersHaveWholeTicks(int first, int last, string ticks)
    {
        Axis axis = Axis.Integers("epoch", first, last);
        Assert.Equal(ticks, string.Join(' ', axis.Ticks.Select(axis.Format)));
    }

    [Fact]
    public void HistogramSharesAddUpToOneHundredPercentOfEachGroup()
    {
        double[] large = [.. Enumerable.Range(0, 1000).Select(i => Math.Sin(i)), 1e6, double.PositiveInfinity, double.NaN];
        Histogram[] histograms = Histogram.Of(large, [0.25], []);
        Assert.Equal(100, histograms[0].Shares.Sum(), 1e-9);
        Assert.Equal(100, histograms[1].Shares.Sum());
        Assert.Equal(0, histograms[2].Shares.Sum());
        Assert.Single(histograms.Select(h => (h.Low, h.BinWidth)).Distinct());
        Assert.InRange(histograms[0].Edge(histograms[0].Shares.Count), 1, 2);
        Assert.True(histograms[0].Shares[^1] >= 2 * 100.0 / 1002, "the outlier and the infinity count in the last bin");
    }

    [Fact]
    public void SmallWholeNumbersHaveABinEach()
    {
        Histogram histogram = Histogram.Of([3, 1, 1, 4])[0];
        Assert.Equal([50, 0, 25, 25], histogram.Shares);
        Assert.Equal((0.5, 4.5), (histogram.Edge(0), histogram.Edge(4)));
    }

    [Fact]
    public void LinesHaveGapsAndStayInsideThePlot()
    {
        var chart = new SvgChart("c", "d", new Axis("x", 0, 10, 1), new Axis("y", 0, 1, 0.5));
        chart.Line("s", [new(0, 0), new(1, 0.5), new(2, double.NaN), new(3, double.PositiveInfinity), new(4, 7), new(5, 1)], 0);
        string path = LinePath(chart);
        Assert.Equal(2, path.Count(c => c == 'M'));
        Assert.Equal(2, path.Count(c => c == 'L'));
        Assert.All(Numbers(path), n => Assert.InRange(n, 0, 520));
    }

    [Fact]
    public void PathsDropWhatIsSmallerThanAPixel()
    {
        var chart = new SvgChart("c", "d", new Axis("x", 0, 1, 1), new Axis("y", 0, 1, 1));
        chart.Line("s", [.. Enumerable.Range(0, 100_000).Select(i => new ChartPoint(i / 1e5, i / 1e5))], 0);
        Assert.InRange(Numbers(LinePath(chart)).Count() / 2, 300, 2000);
    }

    private static string LinePath(SvgChart chart) =>
        chart.ToFigure().Element("svg")!.Elements("path").Single(p => p.Attribute("class")!.Value.StartsWith("line", StringComparison.Ordinal)).Attribute("d")!.Value;

    private static IEnumerable<double> Numbers(string path) => path.Split(['M', 'L', ' '], StringSplitOptions.RemoveEmptyEntries)
        .Select(n => double.Parse(n, CultureInfo.InvariantCulture));
}
