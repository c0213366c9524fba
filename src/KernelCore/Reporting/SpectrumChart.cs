using KernelCore.Curvature;
using KernelCore.Files;
using KernelCore.Kernels;
using KernelCore.Reporting.Charts;
using static System.FormattableString;

namespace KernelCore.Reporting;

/// <summary>The density of a spectrum as an SVG file.</summary>
public static class SpectrumChart
{
    private const int Points = 512, Width = 760, Height = 380;

    /// <summary>Decades below the peak that are shown: what a few probes say of rarer eigenvalues is noise.</summary>
    private const int Decades = 6;

    /// <summary>Writes the chart, logarithmic in the density; the file appears complete or not at all.</summary>
    /// <param name="density">The density.</param>
    /// <param name="title">Heading.</param>
    /// <param name="path">Target.</param>
    /// <exception cref="KernelCoreException">The target cannot be written.</exception>
    public static void Write(SpectralDensity density, string title, string path) => AtomicFile.WriteText(path, Render(density, title));

    /// <summary>The chart as the text of an SVG document.</summary>
    /// <param name="density">The density.</param>
    /// <param name="title">Heading.</param>
    public static string Render(SpectralDensity density, string title)
    {
        ArgumentNullException.ThrowIfNull(density);
        ArgumentNullException.ThrowIfNull(title);
        (double X, double Density)[] grid = density.Grid(Points);
        double peak = Math.Log10(grid.Max(p => p.Density));
        ChartPoint[] line = [.. grid.Select(p => new ChartPoint(p.X, Math.Max(Math.Log10(p.Density), peak - Decades)))];
        var x = Axis.Over("eigenvalue", [grid[0].X, grid[^1].X], intervals: 8);
        var y = Axis.Over("log10 of the density", [peak, peak - Decades]);
        var chart = new SvgChart(
            title, Invariant($"Eigenvalues from {density.Nodes.Min():G4} to {density.Nodes.Max():G4}."), x, y, null, Width, Height);
        chart.Line(null, line, 0);
        return chart.ToDocument();
    }
}
