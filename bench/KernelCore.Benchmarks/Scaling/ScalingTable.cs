using System.Globalization;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>A sweep as a table with the growth from each size to the next, measured and by formula.</summary>
internal static class ScalingTable
{
    /// <summary>Writes a row per quantity and size.</summary>
    public static void Write(MarkdownReport report, string heading, string size, IReadOnlyList<ScalingPoint> points, Roofline rates)
    {
        var rows = new List<string[]>();
        foreach (var series in points.GroupBy(p => p.Quantity))
        {
            ScalingPoint? previous = null;
            foreach (ScalingPoint point in series)
            {
                double bound = rates.Seconds(point.Work);
                rows.Add([
                    point.Quantity.Name(), $"{point.Size}", Text(1e3 * point.Seconds, "F3"),
                    previous is null ? "-" : Text(point.Seconds / previous.Seconds, "F2"),
                    previous is null ? "-" : Text(bound / rates.Seconds(previous.Work), "F2"),
                    Text(100 * bound / point.Seconds, "F0") + " %",
                    point.Bytes > 0 ? Text(point.Bytes / (double)(1 << 20), "F1") : "-",
                ]);
                previous = point;
            }
        }

        report.Table(heading, ["quantity", size, "ms", "growth", "by formula", "of limit", "memory MiB"], rows);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
