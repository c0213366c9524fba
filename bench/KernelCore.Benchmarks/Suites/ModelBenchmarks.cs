using BenchmarkDotNet.Attributes;
using KernelCore.Kernels;

namespace KernelCore.Benchmarks;

/// <summary>Every quantity of the three models on any device. The comparison (<c>compare</c>) sets the same calls on the CPU beside peers.</summary>
[BenchmarkCategory("model")]
public class ModelBenchmarks
{
    private WorkloadSession _session = null!;
    private Device _device = null!;

    /// <summary>Name of the workload.</summary>
    [Params("mlp", "cnn", "transformer")]
    public string Model { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _device = BenchmarkDevice.Open();
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
    public void Forward() => Run(Quantity.Forward);

    [Benchmark]
    [BenchmarkCategory("pass")]
    public void Floor() => Run(Quantity.Floor);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("pass")]
    public void ForwardBackward() => Run(Quantity.ForwardBackward);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void Norms() => Run(Quantity.Norms);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void NormsCosine() => Run(Quantity.NormsCosine);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void Dot() => Run(Quantity.Dot);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void ClipSum() => Run(Quantity.ClipSum);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void Gram() => Run(Quantity.Gram);

    [Benchmark]
    [BenchmarkCategory("per-sample")]
    public void SquaredSum() => Run(Quantity.SquaredSum);

    private void Run(Quantity quantity)
    {
        _session.Run(quantity);
        _device.Synchronize();
    }
}
