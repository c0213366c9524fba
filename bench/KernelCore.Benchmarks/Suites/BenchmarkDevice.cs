using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>The device of <see cref="DeviceBenchmarks"/>: <c>--device</c> of the command, which child processes inherit as a variable.</summary>
internal static class BenchmarkDevice
{
    private const string Variable = "KERNELCORE_DEVICE";
    private const int RateSamples = 5;

    private static readonly IBackend[] Backends =
    [
        new CpuBackend(),
#if ILGPU
        new Kernels.Ilgpu.IlgpuBackend(),
#endif
    ];

    private static readonly Lazy<Roofline?> MeasuredOrKnown = new(FindRoof);

    /// <summary>As <c>kernelcore devices</c> lists it.</summary>
    public static string Selector
    {
        get => Environment.GetEnvironmentVariable(Variable) ?? Devices.Default;
        set => Environment.SetEnvironmentVariable(Variable, value);
    }

    /// <summary>Selector and hardware.</summary>
    public static string Name => $"{Selector}, {Description?.Hardware ?? "unknown"}";

    /// <summary>What bounds every figure: measured on the CPU, from data sheets on known GPUs, null elsewhere.</summary>
    public static Roofline? Roof => MeasuredOrKnown.Value;

    /// <summary>Whether every thread of the device is one of the host: good for thousands of elements.</summary>
    public static bool IsEmulator => Selector.StartsWith("ilgpu:emulator", StringComparison.Ordinal);

    private static DeviceDescription? Description => Backends.SelectMany(backend => backend.Probe().Devices).FirstOrDefault(device => device.Selector == Selector);

    /// <summary>Opens it; the caller disposes it.</summary>
    public static Device Open() => Devices.Open(Selector, Backends);

    private static Roofline? FindRoof()
    {
        if (Description is not { Kind: DeviceKind.Cpu })
        {
            return Roofline.Of(Description?.Hardware ?? "");
        }

        var meter = new RateMeter(Environment.ProcessorCount);
        for (int i = 0; i < RateSamples; i++)
        {
            meter.Sample();
        }

        return meter.Rates;
    }
}
