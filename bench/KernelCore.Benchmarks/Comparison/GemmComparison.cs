using KernelCore.Kernels.Cpu;

namespace KernelCore.Benchmarks;

/// <summary>A product C = op(A) op(B) of m x k and k x n.</summary>
/// <param name="M">Rows of C.</param>
/// <param name="N">Columns of C.</param>
/// <param name="K">Terms of each sum.</param>
/// <param name="Form">Which operands are stored transposed: NN, NT, TN.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Target">Speed to reach, OpenBLAS = 1.</param>
internal sealed record GemmCase(int M, int N, int K, string Form, int Threads, double Target)
{
    public bool TransposeA => Form[0] == 'T';

    public bool TransposeB => Form[1] == 'T';

    public double Flops => 2.0 * M * N * K;

    public string Subject => $"gemm:{Threads}";

    public string Item => $"{M}x{N}x{K} {Form}";

    public override string ToString() => $"{Item}, {Threads} thread{(Threads == 1 ? "" : "s")}";
}

/// <summary>Times plain products beside OpenBLAS in the same process.</summary>
internal static class GemmComparison
{
    /// <summary>Squares in the three forms, and the shapes that a classifier meets: batch x 10 and batch x 512, forward, input gradient, weight gradient.</summary>
    public static IReadOnlyList<GemmCase> Cases { get; } =
    [
        .. from threads in new[] { 1, 2 }
           from size in new (int N, double Target)[] { (256, 0.8), (512, 0.9), (1024, 0.9), (2048, 0.8) }
           from form in new[] { "NN", "NT", "TN" }
           select new GemmCase(size.N, size.N, size.N, form, threads, size.Target),
        .. from threads in new[] { 1, 2 }
           from shape in new[]
           {
               (256, 10, 512, "NT"), (256, 512, 10, "NN"), (10, 512, 256, "TN"),
               (256, 512, 784, "NT"), (256, 512, 512, "NN"), (512, 784, 256, "TN"),
           }
           select new GemmCase(shape.Item1, shape.Item2, shape.Item3, shape.Item4, threads, 1.0),
    ];

    /// <summary>Runs all rounds of all cases that this machine has threads for.</summary>
    public static void Run(ComparisonOptions options, RateMeter rates, Results results)
    {
        foreach (var group in Cases.GroupBy(c => c.Threads).Where(g => g.Key <= Environment.ProcessorCount))
        {
            using var device = new CpuDevice(group.Key);
            foreach (GemmCase @case in group)
            {
                Run(@case, device, options, results);
            }

            rates.Sample();
        }
    }

    private static void Run(GemmCase @case, CpuDevice device, ComparisonOptions options, Results results)
    {
        using var product = new GemmProduct(@case, device);
        product.Own();
        if (OpenBlas.Available)
        {
            product.Check(results);
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            Add(Series.Own, product.Own);
            if (OpenBlas.Available)
            {
                Add(Results.Blas, product.Blas);
                Thread.Sleep(OpenBlas.Settling);
            }
        }

        void Add(string who, Action call) => results.Times.Add(new Series(@case.Subject, @case.Item, who), TimedBlock.Run(call, options.Block));
    }
}
