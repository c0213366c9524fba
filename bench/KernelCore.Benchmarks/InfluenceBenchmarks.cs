using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>
/// Influence of 10,000 training on 1,000 test samples, passes included, beside a plain matrix product of the same number of
/// pairs (15.7 GFLOP). Last layer: 25 GFLOP. All layers of an MLP 784-512-512-10: 78 GFLOP.
/// </summary>
[MemoryDiagnoser]
public class InfluenceBenchmarks
{
    private const int Trains = 10_000, Tests = 1_000, Features = 784, Classes = 10;

    private CpuDevice _device = null!;
    private Network _network = null!;
    private Dataset _train = null!, _test = null!;
    private Tensor _left = null!, _right = null!, _product = null!;

    [GlobalSetup]
    public void Setup()
    {
        _device = new CpuDevice(Environment.ProcessorCount);
        _network = new Network(
            _device, [new Linear(Features, 512), new ReLU(), new Linear(512, 512), new ReLU(), new Linear(512, Classes)], seed: 1);
        (_train, _test) = (Random(Trains, 1), Random(Tests, 2));
        _left = _device.Allocate([Tests, Features], _test.Features.AsSpan());
        _right = _device.Allocate([Trains, Features], _train.Features.AsSpan());
        _product = _device.Allocate([Tests, Trains]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _left.Dispose();
        _right.Dispose();
        _product.Dispose();
        _network.Dispose();
        _device.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Gemm() => _device.Kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(_left), Matrix.Of(_right), 0, Matrix.Of(_product));

    [Benchmark]
    public float TracInLastLayer() => Consume(GradientProducts.TracIn([Checkpoint.Of(_network)], GradientScope.Head));

    [Benchmark]
    public float GradDot() => Consume(GradientProducts.GradDot(_network));

    private float Consume(InfluenceMethod method) => method.Compute(_train, _test).Sum(tile => tile.Row(0)[0]);

    private static Dataset Random(int count, ulong seed)
    {
        ImmutableArray<float> features = [.. Enumerable.Range(0, count * Features).Select(i => Philox.Uniform(seed, 0, (ulong)i) - 0.5f)];
        ImmutableArray<int> labels = [.. Enumerable.Range(0, count).Select(i => Philox.Integer(seed, 1, (ulong)i, Classes))];
        return new Dataset("random", [Features], features, labels, Dataset.NumberedClasses(Classes));
    }
}
