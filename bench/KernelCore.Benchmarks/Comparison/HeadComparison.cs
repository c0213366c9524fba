using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>Times the head kernel against the copy rate.</summary>
internal static class HeadComparison
{
    private const string Subject = "head";

    /// <summary>Numbers of classes.</summary>
    public static IReadOnlyList<int> Classes { get; } = [10, 1000];

    /// <summary>Runs all rounds.</summary>
    public static void Run(ComparisonOptions options, CpuDevice device, RateMeter rates, Results results)
    {
        foreach (int classes in Classes)
        {
            using var head = new HeadWorkload(device, classes);
            head.Run();
            for (int round = 0; round < options.Rounds; round++)
            {
                rates.Sample();
                results.Times.Add(Key(classes), TimedBlock.Run(head.Run, options.Block));
            }
        }
    }

    /// <summary>Median seconds for <see cref="HeadWorkload.Samples"/> samples.</summary>
    public static double? Seconds(Results results, int classes) => results.Times.Median(Key(classes));

    /// <summary>Bytes that come from memory per second, relative to the copy rate.</summary>
    public static double? FractionOfCopyRate(Results results, int classes) =>
        HeadWorkload.BytesOf(classes) / Seconds(results, classes) / results.Rates.BytesPerSecond;

    private static Series Key(int classes) => new(Subject, $"{classes} classes", Series.Own);
}
