namespace KernelCore.Kernels.Cpu;

/// <summary>Packed, cache-blocked matrix product (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).</summary>
/// <remarks>
/// Every element of C is summed in increasing k within blocks of <see cref="GemmBlocking.DepthOf"/> terms, by the same
/// instructions wherever its tile lies. Its bits depend on the instruction set alone: not on threads, tiles or neighbours.
/// </remarks>
internal static class Gemm
{
    // Below this many multiply-adds (about five microseconds of work) waking other threads costs more than it saves.
    private const long ParallelWork = 1 << 18;

    /// <summary>Runs a product.</summary>
    /// <param name="problem">What to compute.</param>
    /// <param name="pool">Threads to share the work; null to stay on the calling thread.</param>
    public static void Run(in GemmProblem problem, WorkerPool? pool) => Simd.RunWidest(new Product(problem, pool));

    /// <summary>Runs a product, on all threads of a device when that pays.</summary>
    public static void Run(in GemmProblem problem, CpuDevice device) => Run(problem, PoolFor(problem.Work, device));

    /// <summary>Runs a product and then another one, with as many rows and columns, into the same C with beta 1.</summary>
    public static void Run(in GemmProblem first, in GemmProblem second, CpuDevice device) =>
        Simd.RunWidest(new Products(first, second, PoolFor(Math.Max(first.Work, second.Work), device)));

    private static WorkerPool? PoolFor(long work, CpuDevice device) => work < ParallelWork ? null : device.Pool;

    private readonly ref struct Product(in GemmProblem problem, WorkerPool? pool) : ILanesBody
    {
        private readonly ref readonly GemmProblem _problem = ref problem;

        public void Run<TLanes>()
            where TLanes : struct, ILanes<TLanes> => GemmDriver<TLanes>.Run(_problem, pool);
    }

    private readonly ref struct Products(in GemmProblem first, in GemmProblem second, WorkerPool? pool) : ILanesBody
    {
        private readonly ref readonly GemmProblem _first = ref first;
        private readonly ref readonly GemmProblem _second = ref second;

        public void Run<TLanes>()
            where TLanes : struct, ILanes<TLanes> => GemmDriver<TLanes>.Run(_first, _second, pool);
    }
}
