using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Resident memory of a quantity in a process of its own.</summary>
/// <param name="Total">Growth from before the model was made to the peak, bytes.</param>
/// <param name="Working">Growth from the floor (weights, activations and backprops in place) to the peak, results included, bytes.</param>
internal readonly record struct MemoryUse(long Total, long Working)
{
    /// <summary>Name of the command that measures in the child process.</summary>
    public const string Command = "memory";

    /// <summary>The same for influence.</summary>
    public const string InfluenceCommand = "memory-influence";

    /// <summary>Starts a child that measures; null where the system does not tell resident memory.</summary>
    /// <param name="model">Name of a workload.</param>
    /// <param name="quantity">What to compute.</param>
    /// <param name="threads">Threads of the device.</param>
    /// <param name="batch">Another batch size; null for the workload's.</param>
    /// <param name="width">Another hidden width, for the MLP only; null for the workload's.</param>
    public static MemoryUse? Measure(string model, Quantity quantity, int threads, int? batch = null, int? width = null) =>
        Child(Command, model, quantity.Name(), threads, batch ?? 0, width ?? 0);

    /// <summary>Starts a child that measures influence; null where the system does not tell resident memory.</summary>
    /// <param name="case">What to compute.</param>
    /// <param name="threads">Threads of the device.</param>
    public static MemoryUse? Measure(InfluenceCase @case, int threads) => Child(InfluenceCommand, @case.Item, threads);

    /// <summary>The child's part: prints total and working bytes.</summary>
    public static void Report(Workload workload, Quantity quantity, int threads)
    {
        using var device = new CpuDevice(threads);
        // Code of the kernels is compiled before anything is measured.
        using (var small = new WorkloadSession(workload with { Batch = 1 }, device))
        {
            small.Run(Quantity.Floor);
            small.Run(quantity);
        }

        long before = ResidentNow();
        using var session = new WorkloadSession(workload, device);
        session.Run(Quantity.Floor);
        session.Run(Quantity.Floor);
        Report(before, () => session.Run(quantity));
    }

    /// <summary>The child's part for influence: its floor is weights and samples.</summary>
    public static void Report(InfluenceCase @case, int threads)
    {
        using var device = new CpuDevice(threads);
        using (var small = new InfluenceWorkload(device, trains: 1, tests: 1))
        {
            small.Run(@case.Scope);
        }

        long before = ResidentNow();
        using var workload = new InfluenceWorkload(device, @case.Trains, @case.Tests);
        Report(before, () => workload.Run(@case.Scope));
    }

    private static long ResidentNow()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return ProcessMemory.Resident;
    }

    private static void Report(long before, Action call)
    {
        long floor = ProcessMemory.Resident;
        ProcessMemory.ResetPeak();
        call();
        call();
        long peak = ProcessMemory.Peak;
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{peak - before} {peak - floor}"));
    }

    private static MemoryUse? Child(params object[] arguments)
    {
        if (!ProcessMemory.Available)
        {
            return null;
        }

        string host = Environment.ProcessPath!;
        string assembly = Assembly.GetExecutingAssembly().Location;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
        {
            start.ArgumentList.Add(assembly);
        }

        foreach (object argument in arguments)
        {
            start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        }

        using Process process = Process.Start(start)!;
        string[] answer = process.StandardOutput.ReadToEnd().Split(' ');
        process.WaitForExit();
        return process.ExitCode == 0
            ? new MemoryUse(long.Parse(answer[0], CultureInfo.InvariantCulture), long.Parse(answer[1], CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"measuring '{string.Join(' ', arguments)}' failed");
    }
}
