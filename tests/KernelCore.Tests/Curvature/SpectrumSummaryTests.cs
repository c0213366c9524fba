using System.Xml.Linq;
using KernelCore.Curvature;
using KernelCore.Reporting;

namespace KernelCore.Tests.Curvature;

public sealed class SpectrumSummaryTests
{
    [Fact]
    public void Eigenvalues_by_size_trace_and_density_of_a_known_matrix()
    {
        double[] eigenvalues = [-4, -0.5, 0.1, 1, 2, 3];
        double[,] matrix = Symmetric.WithSpectrum(7, eigenvalues);
        using DenseOperator a = Symmetric.Operator(matrix);
        var reports = new List<double>();
        SpectrumSummary summary = SpectrumSummary.Estimate(
            a, new SpectrumOptions { Top = 3, Steps = 6, Probes = 2, TraceProducts = 18 }, new Recorder(reports));
        double rounding = 8 * Symmetric.ProductError(matrix);
        Assert.All(new[] { -4.0, 3, 2 }.Zip(summary.Eigenvalues), pair => Assert.Equal(pair.First, pair.Second.Value, rounding));

        // The residual is that of the float32 product, not zero as in exact arithmetic.
        Assert.All(summary.Eigenvalues, e => Assert.InRange(e.Residual, 1e-12, rounding));
        Assert.Equal(eigenvalues.Sum(), summary.Trace.Value, (6 * rounding) + (5 * summary.Trace.StandardError));
        Assert.Equal(12, summary.Density.Nodes.Count);
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(1, reports[^1]);
    }

    [Fact]
    public void The_chart_is_an_svg_document_that_loads_nothing()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        SpectrumSummary summary = SpectrumSummary.Estimate(a, new SpectrumOptions { Steps = 3, TraceProducts = 3 });
        string text = SpectrumChart.Render(summary, "a < b & c");
        XElement svg = XDocument.Parse(text).Root!;
        Assert.Equal("{http://www.w3.org/2000/svg}svg", svg.Name);
        Assert.All(svg.Descendants(), e => Assert.Equal(svg.Name.Namespace, e.Name.Namespace));
        Assert.Contains("a < b & c", svg.Elements().Select(e => e.Value));
        Assert.Equal(3, svg.Descendants(svg.Name.Namespace + "path").Count(p => p.Attribute("class")?.Value == "hollow c1"));
        Assert.DoesNotContain("href", text, StringComparison.Ordinal);
        Assert.Equal(text, SpectrumChart.Render(summary, "a < b & c"));
    }

    [Fact]
    public void Cancels()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        Assert.Throws<OperationCanceledException>(() => SpectrumSummary.Estimate(a, cancellation: new CancellationToken(canceled: true)));
    }

    private sealed class Recorder(List<double> reports) : IProgress<double>
    {
        public void Report(double value) => reports.Add(value);
    }
}
