using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>Adds what a kernel of <see cref="DeviceBenchmarks"/> reached, from the median time, beside what the device allows.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RooflineColumnsAttribute : Attribute, IConfigSource
{
    /// <inheritdoc/>
    public IConfig Config { get; } = ManualConfig.CreateEmpty().AddColumn(
        new FigureColumn("GB/s", "10^9 bytes per second, operands and results each once", (work, seconds) => Number(work.Bytes / seconds / 1e9)),
        new FigureColumn("GFLOP/s", "10^9 operations per second", (work, seconds) => Number((work.Flops + work.DoubleFlops) / seconds / 1e9)),
        new FigureColumn("of roofline", "least time on this device by the median time", (work, seconds) =>
            BenchmarkDevice.Roof is { } roof ? Number(100 * roof.Seconds(work) / seconds) + " %" : "-"),
        new FigureColumn("Device", "selector and hardware", (_, _) => BenchmarkDevice.Name));

    private static string Number(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private sealed class FigureColumn(string name, string legend, Func<KernelWork, double, string> figure) : IColumn
    {
        public string Id => name;

        public string ColumnName => name;

        public string Legend => legend;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Median;
            string kernel = (string)benchmarkCase.Parameters[nameof(DeviceBenchmarks.Kernel)];
            return nanoseconds is { } time ? figure(DeviceKernels.All[kernel].Work, time / 1e9) : "-";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public bool IsAvailable(Summary summary) => true;
    }
}
