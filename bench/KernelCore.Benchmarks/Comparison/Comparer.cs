using System.Globalization;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>The comparison from start to exit code.</summary>
internal sealed class Comparer(ComparisonOptions options)
{
    /// <summary>Parts of the comparison.</summary>
    public const string Models = "models", Curvature = "curvature", Head = "head", Gemm = "gemm", Influence = "influence", Memory = "memory";

    private readonly Results _results = new() { Threads = options.Threads };
    private readonly MarkdownReport _report = new(Path.Combine(Repository.Artifacts, "report.md"));

    /// <summary>Measures, prints, and judges.</summary>
    /// <returns>1 when implementations disagree or a ratio regressed, else 0.</returns>
    public int Run()
    {
        string loadBefore = MachineInfo.Load();
        var peers = new List<Peer>();
        try
        {
            List<string> versions = StartPeers(peers);
            Measure(peers);
            _report.List("Machine", [
                .. MachineInfo.Lines(options.Threads), .. versions,
                $"load average: {loadBefore} before, {MachineInfo.Load()} after",
                $"rates: {_results.Rates.FlopsPerSecond / 1e9:F0} GFLOP/s of fused multiply-adds, {_results.Rates.BytesPerSecond / 1e9:F1} GB/s copied (read + written)",
                $"rounds: {options.Rounds} of at least {options.Block} s",
            ]);
        }
        finally
        {
            peers.ForEach(p => p.Dispose());
        }

        _report.List("Largest relative difference to KernelCore's numbers",
            [.. _results.LargestDifferences.Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Key.Subject}, {d.Key.Peer}: {d.Value:E1}"))]);
        new ComparisonTables(_results, _report).Write();
        return Judge();
    }

    private List<string> StartPeers(List<Peer> peers)
    {
        var lines = new List<string>();
        foreach (string name in options.Peers ? new[] { Results.Hooks, Results.Vmap } : [])
        {
            Peer? peer = Peer.TryStart(name, name, options.Threads, options.Block, out string reason);
            lines.Add($"peer {name}: {peer?.Versions ?? reason}");
            if (peer is not null)
            {
                peers.Add(peer);
            }
        }

        return lines;
    }

    private void Measure(List<Peer> peers)
    {
        var rates = new RateMeter(options.Threads);
        rates.Sample();
        using var device = new CpuDevice(options.Threads);
        foreach (var (part, quantities) in new[] { (Models, Quantities.OfOnePass), (Curvature, Quantities.Curvature) })
        {
            var comparison = new ModelComparison(options, device, peers, rates, _results);
            foreach (Workload workload in options.Parts.Contains(part) ? Workloads() : [])
            {
                Progress($"{part}, {workload.Name}: {options.Rounds} rounds");
                comparison.Run(workload, quantities);
            }
        }

        if (options.Parts.Contains(Head))
        {
            Progress("head kernel");
            HeadComparison.Run(options, device, rates, _results);
        }

        if (options.Parts.Contains(Gemm))
        {
            Progress("matrix products");
            GemmComparison.Run(options, rates, _results);
        }

        if (options.Parts.Contains(Influence))
        {
            Progress("influence");
            InfluenceComparison.Run(options, device, rates, _results);
        }

        if (options.Parts.Contains(Memory))
        {
            Progress("working memory");
            MeasureMemory();
        }

        _results.Rates = rates.Rates;
    }

    private void MeasureMemory()
    {
        foreach (Workload workload in Workloads())
        {
            foreach (Quantity quantity in Quantities.All.Where(q => q >= Quantity.ForwardBackward))
            {
                Note(workload.Name, quantity.Name(), MemoryUse.Measure(workload.Name, quantity, options.Threads));
            }
        }

        foreach (InfluenceCase @case in InfluenceComparison.Largest)
        {
            Note(InfluenceCase.Subject, @case.Item, MemoryUse.Measure(@case, options.Threads));
        }

        void Note(string subject, string item, MemoryUse? use)
        {
            if (use is { Working: var working })
            {
                _results.Memory[(subject, item)] = working;
            }
        }
    }

    private IEnumerable<Workload> Workloads() => Workload.All.Where(w => options.Models.Contains(w.Name));

    private static void Progress(string step) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {step}");

    private int Judge()
    {
        IReadOnlyList<string> regressions = RatioGate.Regressions(_results);
        _report.List("Disagreements", _results.Disagreements);
        if (options.Accept)
        {
            RatioGate.Accept(_results);
        }
        else
        {
            _report.List("Regressions (accept with --accept)", regressions);
        }

        return _results.Disagreements.Count > 0 || (regressions.Count > 0 && !options.Accept) ? 1 : 0;
    }
}
