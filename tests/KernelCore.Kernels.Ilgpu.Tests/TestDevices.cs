using System.Collections.Concurrent;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>The devices that the suites run on.</summary>
internal static class TestDevices
{
    /// <summary>A device to run the suites on in place of the emulator with warps of 32: <c>ilgpu:cuda:0</c>.</summary>
    private const string Variable = "KERNELCORE_TEST_DEVICE";

    public static readonly string Selector = Environment.GetEnvironmentVariable(Variable) ?? "ilgpu:emulator";

    public static readonly Func<Device> Warp32 = () => new IlgpuBackend().Open(Selector), Warp64 = () => new IlgpuBackend().Open("ilgpu:emulator:64");

    private static readonly ConcurrentDictionary<string, Func<Device>> Precise = new();

    /// <summary>The same device with products in another precision; the emulator where it has none.</summary>
    public static Func<Device> With(string precision) => Precise.GetOrAdd(precision, _ =>
    {
        string wanted = $"{Selector}:{precision}";
        bool listed = new IlgpuBackend().Probe().Devices.Any(device => device.Selector == wanted);
        return () => new IlgpuBackend().Open(listed ? wanted : $"ilgpu:emulator:{precision}");
    });
}
