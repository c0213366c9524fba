namespace KernelCore.Kernels.Cpu;

/// <summary>Packed, cache-blocked matrix product (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).</summary>
/// <remarks>
/// Every element of C is summed in increasing k within blocks of <see cref="GemmBlocking.DepthOf"/> terms, by the same
/// instructions wherever its tile lies. Its bits depend on the instruction set alone: not on threads, tiles or neighbours.
/// </remarks>
internal static class Gemm
{
    /// <summary>Runs a product.</summary>
    /// <param name="problem">What to compute.</param>
    /// <param name="pool">Threads to share the work; null to stay on the calling thread.</param>
    public static void Run(in GemmProblem problem, WorkerPool? pool) => Simd.RunWidest(new Product(problem, pool));

    /// <summary>Runs a product and then another one into the same C, with beta 1.</summary>
    /// <param name="first">What to compute.</param>
    /// <param name="second">What to add, with as many rows and columns.</param>
    /// <param name="pool">Threads to share the work; null to stay on the calling thread.</param>
    public static void Run(in GemmProblem first, in GemmProblem second, WorkerPool? pool) => Simd.RunWidest(new Products(first, second, pool));

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
