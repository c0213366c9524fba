using KernelCore.Kernels;
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
    private const ulong Seed = 3;

    /// <summary>OpenBLAS's threads look for work for some 25 ms before they sleep.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(40);

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
        (int m, int n, int k) = (@case.M, @case.N, @case.K);
        using Tensor a = Normal(device, @case.TransposeA ? k : m, @case.TransposeA ? m : k, stream: 0);
        using Tensor b = Normal(device, @case.TransposeB ? n : k, @case.TransposeB ? k : n, stream: 1);
        using Tensor own = device.Allocate([m, n]), theirs = device.Allocate([m, n]);
        ILinearAlgebra algebra = device.Kernels.LinearAlgebra;
        Action gemm = () => algebra.Gemm(@case.TransposeA, @case.TransposeB, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(own));
        Action blas = () => OpenBlas.Gemm(@case.TransposeA, @case.TransposeB, m, n, k, a.Span, b.Span, theirs.Span);
        gemm();
        if (OpenBlas.Available)
        {
            OpenBlas.SetThreads(@case.Threads);
            blas();
            Check(@case, own.Span, theirs.Span, results);
        }

        for (int round = 0; round < options.Rounds; round++)
        {
            Add(Series.Own, gemm);
            if (OpenBlas.Available)
            {
                Add(Results.Blas, blas);
                Thread.Sleep(Settling);
            }
        }

        void Add(string who, Action call) => results.Times.Add(new Series(@case.Subject, @case.Item, who), TimedBlock.Run(call, options.Block));
    }

    private static void Check(GemmCase @case, ReadOnlySpan<float> own, ReadOnlySpan<float> theirs, Results results)
    {
        double difference = 0, largest = 0;
        for (int i = 0; i < own.Length; i++)
        {
            difference = Math.Max(difference, Math.Abs(own[i] - theirs[i]));
            largest = Math.Max(largest, Math.Abs(theirs[i]));
        }

        results.Compare(@case.Subject, @case.Item, Results.Blas, difference / largest);
    }

    private static Tensor Normal(CpuDevice device, int rows, int columns, ulong stream)
    {
        Tensor tensor = device.Allocate([rows, columns]);
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor.Span[i] = Philox.Normal(Seed, stream, (ulong)i);
        }

        return tensor;
    }
}
