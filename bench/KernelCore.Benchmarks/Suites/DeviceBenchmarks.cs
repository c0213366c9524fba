using BenchmarkDotNet.Attributes;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>Kernels on any device, beside the least time that their work takes there.</summary>
[RooflineColumns]
[BenchmarkCategory("device")]
public class DeviceBenchmarks
{
    private Device _device = null!;
    private Action _run = null!;

    /// <summary>All kernels of the suite.</summary>
    public static IEnumerable<string> Kernels => DeviceKernels.All.Keys;

    /// <summary>Name of the kernel.</summary>
    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _device = BenchmarkDevice.Open();
        _run = DeviceKernels.All[Kernel].Prepare(_device);
    }

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();

    [Benchmark]
    public void Run()
    {
        _run();
        _device.Synchronize();
    }
}
