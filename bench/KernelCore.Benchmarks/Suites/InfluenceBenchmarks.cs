using BenchmarkDotNet.Attributes;
using KernelCore.Influence;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Influence of 10,000 training on 1,000 test samples, passes included. The comparison (<c>compare</c>) sets it beside the rate of a matrix product.</summary>
[MemoryDiagnoser]
[BenchmarkCategory("influence")]
public class InfluenceBenchmarks
{
    private CpuDevice _device = null!;
    private InfluenceWorkload _workload = null!;

    [GlobalSetup]
    public void Setup()
    {
        _device = new CpuDevice(Environment.ProcessorCount);
        _workload = new InfluenceWorkload(_device, trains: 10_000, tests: 1_000);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _workload.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public double TracInLastLayer() => _workload.Run(GradientScope.Head);

    [Benchmark]
    public double GradDot() => _workload.Run(GradientScope.Model);
}
