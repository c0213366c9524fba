using BenchmarkDotNet.Attributes;

namespace KernelCore.Benchmarks;

/// <summary>The rate of <see cref="FmaLoop"/>, the bound of every product.</summary>
[GflopsColumn]
[BenchmarkCategory("machine")]
public class PeakBenchmarks
{
    [Benchmark]
    public float FusedMultiplyAdd() => FmaLoop.Run();
}
