using BenchmarkDotNet.Attributes;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Every quantity of the three models. The comparison (<c>compare</c>) sets the same calls beside peers.</summary>
[BenchmarkCategory("model")]
public class ModelBenchmarks
{
    private WorkloadSession _session = null!;
    private CpuDevice _device = null!;

    /// <summary>Name of the workload.</summary>
    [Params("mlp", "cnn", "transformer")]
    public string Model { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _device = new CpuDevice(Environment.ProcessorCount);
        _session = new WorkloadSession(Workload.All.First(w => w.Name == Model), _device);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _session.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    [BenchmarkCategory("pass")]
    public object? Forward() => _session.Run(Quantity.Forward);

    [Benchmark]
    [BenchmarkCategory("pass")]
    public object? Floor() => _session.Run(Quantity.Floor);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("pass")]
    public object? ForwardBackward() => _session.Run(Quantity.ForwardBackward);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? Norms() => _session.Run(Quantity.Norms);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? NormsCosine() => _session.Run(Quantity.NormsCosine);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? Dot() => _session.Run(Quantity.Dot);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? ClipSum() => _session.Run(Quantity.ClipSum);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? Gram() => _session.Run(Quantity.Gram);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public object? SquaredSum() => _session.Run(Quantity.SquaredSum);
}
