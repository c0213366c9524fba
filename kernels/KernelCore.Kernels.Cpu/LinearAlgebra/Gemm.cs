namespace KernelCore.Kernels.Cpu;

/// <summary>Packed, cache-blocked matrix product (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).</summary>
/// <remarks>
/// Every element of C is summed in increasing k within blocks of <see cref="GemmBlocking.Depth"/> terms, by the same
/// instructions wherever its tile lies. Its bits depend on the instruction set alone: not on threads, tiles or neighbours.
/// </remarks>
internal static class Gemm
{
    /// <summary>Runs a product.</summary>
    /// <param name="problem">What to compute.</param>
    /// <param name="pool">Threads to share the work; null to stay on the calling thread.</param>
    public static void Run(in GemmProblem problem, WorkerPool? pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512:
                GemmDriver<Lanes16>.Run(problem, pool);
                break;
            case SimdWidth.Bits256:
                GemmDriver<Lanes8>.Run(problem, pool);
                break;
            case SimdWidth.Bits128:
                GemmDriver<Lanes4>.Run(problem, pool);
                break;
            default:
                GemmDriver<Lane>.Run(problem, pool);
                break;
        }
    }
}
