using System.Globalization;
using KernelCore.Kernels.Cpu;
using TorchSharp;

namespace KernelCore.Benchmarks;

/// <summary>The TorchSharp adapter and the built-in network beside libtorch, all in one process, in turns.</summary>
internal sealed class TorchRun(int rounds, double block, int threads)
{
    private readonly Measurements _times = new();

    /// <summary>Measures and prints.</summary>
    public int Run()
    {
        torch.set_num_threads(threads);
        string load = MachineInfo.Load();
        using (var device = new CpuDevice(threads))
        {
            foreach (Workload workload in Workload.All)
            {
                Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {workload.Name}: {rounds} rounds");
                using var session = new TorchSession(workload, device);
                Time(workload.Name, session.Items);
            }
        }

        var report = new MarkdownReport(Path.Combine(Repository.Artifacts, "torch.md"));
        report.List("Machine", [
            .. MachineInfo.Lines(threads), $"TorchSharp {typeof(torch).Assembly.GetName().Version}, libtorch {torch.__version__}",
            $"OMP_WAIT_POLICY: {Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") ?? "not set"}",
            $"load average: {load} before, {MachineInfo.Load()} after", $"rounds: {rounds} of at least {block.ToString(CultureInfo.InvariantCulture)} s",
        ]);
        report.Table(
            "Beside the module's own forward and backward pass",
            ["item", .. Workload.All.SelectMany(w => new[] { $"{w.Name} ms", "x own pass" })],
            [.. TorchSession.Names.Select(name => new[] { name }.Concat(Workload.All.SelectMany(w => Figures(w.Name, name))).ToArray())]);
        return 0;
    }

    private static string Text(double? value, string format) => value!.Value.ToString(format, CultureInfo.InvariantCulture);

    private static Series Key(string model, string item) => new(model, item, Series.Own);

    private string[] Figures(string model, string item) =>
    [
        Text(1e3 * _times.Median(Key(model, item)), "F1"),
        Text(_times.Ratio(Key(model, item), Key(model, TorchSession.Names[0])), "F2"),
    ];

    private void Time(string model, IReadOnlyList<Action> items)
    {
        TimedBlock.WarmUp(items, block);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < items.Count; i++)
            {
                // The first calls find caches, and the other library's threads, as the item before left them.
                TimedBlock.Run(items[i], block / 2);
                _times.Add(Key(model, TorchSession.Names[i]), TimedBlock.Run(items[i], block));
            }
        }
    }
}
