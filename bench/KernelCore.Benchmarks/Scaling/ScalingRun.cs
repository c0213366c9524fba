using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>One size of a sweep.</summary>
/// <param name="Size">Batch or width.</param>
/// <param name="Quantity">What was computed.</param>
/// <param name="Seconds">Median time.</param>
/// <param name="Work">Least work by formula.</param>
/// <param name="Bytes">Memory from before the model was made to the peak; 0 where the system does not tell.</param>
internal sealed record ScalingPoint(int Size, Quantity Quantity, double Seconds, KernelWork Work, long Bytes);

/// <summary>Time and memory of the MLP from small to large batches and from narrow to wide layers.</summary>
internal sealed class ScalingRun(int rounds, double block, int threads)
{
    private const int Width = 512, Batch = 256;

    private static readonly int[] Batches = [1, 4, 16, 64, 256, 1024, 4096], Widths = [64, 128, 256, 512, 1024, 2048, 4096];

    private readonly RateMeter _rates = new(threads);

    /// <summary>Quantities that are swept.</summary>
    public static IReadOnlyList<Quantity> Swept { get; } = [Quantity.ForwardBackward, Quantity.NormsCosine, Quantity.ClipSum];

    /// <summary>Measures, prints and draws.</summary>
    public int Run()
    {
        string load = MachineInfo.Load();
        List<ScalingPoint> byBatch = Sweep(Batches, size => Workload.Perceptron(size, Width), size => (size, Width));
        List<ScalingPoint> byWidth = Sweep(Widths, size => Workload.Perceptron(Batch, size), size => (Batch, size));
        var report = new MarkdownReport(Path.Combine(Repository.Artifacts, "scaling.md"));
        report.List("Machine", [.. MachineInfo.Lines(threads), $"load average: {load} before, {MachineInfo.Load()} after"]);
        Roofline rates = _rates.Rates;
        ScalingTable.Write(report, $"MLP 784-{Width}-{Width}-10 by batch", "batch", byBatch, rates);
        ScalingTable.Write(report, $"MLP 784-w-w-10, batch {Batch}, by width", "width", byWidth, rates);
        string path = Path.Combine(Repository.Root, "docs", "scaling.svg");
        File.WriteAllText(path, ScalingFigure.Draw(
            rates, ($"batch, width {Width}", byBatch), ($"width, batch {Batch}", byWidth)));
        Console.WriteLine($"drawn: {path}");
        return 0;
    }

    private List<ScalingPoint> Sweep(int[] sizes, Func<int, Workload> workloadOf, Func<int, (int Batch, int Width)> shapeOf)
    {
        var points = new List<ScalingPoint>();
        foreach (int size in sizes)
        {
            Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} size {size}");
            Workload workload = workloadOf(size);
            Dictionary<Quantity, double> seconds = Time(workload);
            var (batch, width) = shapeOf(size);
            points.AddRange(Swept.Select(q => new ScalingPoint(
                size, q, seconds[q], Limits.Of(workload, q),
                MemoryUse.Measure(workload.Name, q, threads, batch, width)?.Total ?? 0)));
        }

        return points;
    }

    private Dictionary<Quantity, double> Time(Workload workload)
    {
        using var device = new CpuDevice(threads);
        using var session = new WorkloadSession(workload, device);
        var samples = Swept.ToDictionary(q => q, _ => new List<double>());
        foreach (Quantity quantity in Swept)
        {
            session.Run(quantity);
        }

        for (int round = 0; round < rounds; round++)
        {
            _rates.Sample();
            foreach (Quantity quantity in Swept)
            {
                samples[quantity].Add(TimedBlock.Run(() => session.Run(quantity), block));
            }
        }

        return samples.ToDictionary(s => s.Key, s => Statistics.Median(s.Value));
    }
}
