using KernelCore.Curvature;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Reporting.Charts;
using static System.FormattableString;

namespace KernelCore.Reporting;

/// <summary>The density of a spectrum as an SVG file, with a cross for each of the largest eigenvalues at the height of a single one.</summary>
public static class SpectrumChart
{
    private const int Points = 512, Width = 760, Height = 380;

    /// <summary>Decades below the peak that are shown: what a few probes say of rarer eigenvalues is noise.</summary>
    private const int Decades = 6;

    /// <summary>Writes the chart, logarithmic in the density; the file appears complete or not at all.</summary>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="title">Heading.</param>
    /// <param name="path">Target.</param>
    /// <exception cref="KernelCoreException">The target cannot be written.</exception>
    public static void Write(SpectrumSummary spectrum, string title, string path) => AtomicFile.WriteText(path, Render(spectrum, title));

    /// <summary>The chart as the text of an SVG document.</summary>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="title">Heading.</param>
    public static string Render(SpectrumSummary spectrum, string title)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentNullException.ThrowIfNull(title);
        SpectralDensity density = spectrum.Density;
        (double X, double Density)[] grid = density.Grid(Points);
        double peak = Math.Log10(grid.Max(p => p.Density)), floor = peak - Decades;
        double single = Math.Max(floor, -Math.Log10(spectrum.Dimension * density.DefaultWidth * Math.Sqrt(2 * Math.PI)));
        ChartPoint[] line = [.. grid.Select(p => new ChartPoint(p.X, Math.Max(Math.Log10(p.Density), floor)))];
        ChartPoint[] largest = [.. spectrum.Eigenvalues.Select(e => new ChartPoint(e.Value, single, Invariant($"{e.Value:G6}")))];
        var x = Axis.Over("eigenvalue", [grid[0].X, grid[^1].X, .. largest.Select(p => p.X)], intervals: 8);
        var y = Axis.Over("log10 of the density", [peak, floor, single]);
        var chart = new SvgChart(
            title, Invariant($"Eigenvalues from {density.Nodes.Min():G4} to {density.Nodes.Max():G4}."), x, y, null, Width, Height);
        chart.Line(null, line, 0);
        chart.Points("largest eigenvalues", largest, PointShape.Cross, 1);
        return chart.ToDocument();
    }
}
