using System.Globalization;
using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>The host processor as a backend: <c>cpu</c> with one thread per processor, <c>cpu:N</c> with N threads.</summary>
public sealed class CpuBackend : IBackend
{
    private const string Prefix = "cpu";
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <inheritdoc/>
    public string Name => Prefix;

    /// <inheritdoc/>
    public BackendStatus Probe() => new(Name, Available: true, Reason: "", [
        new DeviceDescription(
            Prefix, DeviceKind.Cpu, ProcessorName(), CpuDevice.InstructionSet, Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
    ]);

    /// <summary>Opens a device that the caller disposes.</summary>
    /// <param name="selector"><c>cpu</c> or <c>cpu:N</c> with N at least 1. More threads than processors are allowed.</param>
    /// <exception cref="BackendUnavailableException">The selector is neither.</exception>
    public Device Open(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        if (selector == Prefix)
        {
            return new CpuDevice(Environment.ProcessorCount);
        }

        return selector.StartsWith(Prefix + ":", StringComparison.Ordinal)
            && int.TryParse(selector.AsSpan(Prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int threads)
            && threads >= 1
            ? new CpuDevice(threads)
            : throw new BackendUnavailableException($"device '{selector}': expected 'cpu' or 'cpu:N' with N threads, N at least 1");
    }

    private static string ProcessorName()
    {
        try
        {
            if (File.Exists(ProcessorFile))
            {
                string? line = File.ReadLines(ProcessorFile).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
                if (line is not null)
                {
                    return line[(line.IndexOf(':') + 1)..].Trim();
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A sandbox may hide the file; the architecture then has to do.
        }

        return $"{RuntimeInformation.ProcessArchitecture} processor";
    }
}
