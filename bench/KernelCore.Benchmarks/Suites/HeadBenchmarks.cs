using BenchmarkDotNet.Attributes;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>The fused head kernel on a million samples: loss, EL2N, alignment, margin, entropy, confidence, prediction.</summary>
[BenchmarkCategory("head")]
public class HeadBenchmarks
{
    private CpuDevice _device = null!;
    private HeadWorkload _head = null!;

    /// <summary>Logits per sample.</summary>
    [Params(10, 1000)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = new CpuDevice(Environment.ProcessorCount);
        _head = new HeadWorkload(_device, Classes);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _head.Dispose();
        _device.Dispose();
    }

    [Benchmark(OperationsPerInvoke = HeadWorkload.Samples)]
    public void HeadScores() => _head.Run();
}
