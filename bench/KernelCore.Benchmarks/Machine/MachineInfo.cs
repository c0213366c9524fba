using System.Globalization;
using System.Runtime.InteropServices;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Names the machine and how busy it is.</summary>
internal static class MachineInfo
{
    /// <summary>Processor, runtime, instruction set and threads, a line each.</summary>
    public static IEnumerable<string> Lines(int threads) =>
    [
        $"processor: {Processor()}, {Environment.ProcessorCount} threads, {threads} used",
        $"system: {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
        $"KernelCore: {typeof(Devices).Assembly.GetName().Version}, {CpuDevice.InstructionSet}",
        $"OpenBLAS: {OpenBlas.Description}",
    ];

    /// <summary>Runnable processes of the last minute, or a dash where the system does not tell.</summary>
    public static string Load()
    {
        const string path = "/proc/loadavg";
        return File.Exists(path) ? File.ReadAllText(path).Split(' ')[0] : "-";
    }

    private static string Processor()
    {
        const string path = "/proc/cpuinfo";
        string? line = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        string name = line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        string? model = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith("model\t", StringComparison.Ordinal)) : null;
        return model is null ? name : string.Create(CultureInfo.InvariantCulture, $"{name} (model {model.Split(':', 2)[1].Trim()})");
    }
}
