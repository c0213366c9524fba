using KernelCore.Influence;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Times all-pairs influence against matrix products, KernelCore's and OpenBLAS's.</summary>
internal static class InfluenceComparison
{
    private static readonly (int Trains, int Tests)[] Sizes = [(5_000, 500), (10_000, 500), (10_000, 1_000)];

    /// <summary>The methods, each from the smallest to the largest size.</summary>
    public static IReadOnlyList<InfluenceCase> Cases { get; } =
    [
        .. from scope in new[] { GradientScope.Head, GradientScope.Model }
           from size in Sizes
           select new InfluenceCase(scope, size.Trains, size.Tests),
    ];

    /// <summary>The largest case of each method, which the promises are about.</summary>
    public static IEnumerable<InfluenceCase> Largest => Cases.Where(c => (c.Trains, c.Tests) == Sizes[^1]);

    /// <summary>The smallest case of the same method.</summary>
    public static InfluenceCase Smallest(InfluenceCase of) => Cases.First(c => c.Scope == of.Scope);

    /// <summary>The case of the same method before this one; null for the smallest.</summary>
    public static InfluenceCase? Previous(InfluenceCase of) => Cases.TakeWhile(c => c != of).LastOrDefault(c => c.Scope == of.Scope);

    /// <summary>The product whose rate is the yardstick: the square at which both libraries are fastest.</summary>
    public static GemmCase Gemm(int threads) => new(1024, 1024, 1024, "NN", threads, Target: 0.9);

    /// <summary>Runs all rounds.</summary>
    public static void Run(ComparisonOptions options, CpuDevice device, RateMeter rates, Results results)
    {
        var workloads = Sizes.ToDictionary(size => size, size => new InfluenceWorkload(device, size.Trains, size.Tests));
        using var product = new GemmProduct(Gemm(options.Threads), device);
        if (OpenBlas.Available)
        {
            product.Check(results);
        }

        foreach (InfluenceCase @case in Cases)
        {
            TimedBlock.Run(Call(@case), options.Block);
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            rates.Sample();
            foreach (InfluenceCase @case in Cases)
            {
                if (OpenBlas.Available)
                {
                    results.Times.Add(@case.Key(Results.Blas), TimedBlock.Run(product.Blas, options.Block));
                    Thread.Sleep(OpenBlas.Settling);
                }

                // The cores went cold during the rest: the first block after it does not count.
                TimedBlock.Run(product.Own, options.Block / 2);
                results.Times.Add(@case.Key(Series.Yardstick), TimedBlock.Run(product.Own, options.Block));
                results.Times.Add(@case.Key(Series.Own), TimedBlock.Run(Call(@case), options.Block));
            }
        }

        foreach (InfluenceWorkload workload in workloads.Values)
        {
            workload.Dispose();
        }

        Action Call(InfluenceCase @case) => () => workloads[(@case.Trains, @case.Tests)].Run(@case.Scope);
    }
}
