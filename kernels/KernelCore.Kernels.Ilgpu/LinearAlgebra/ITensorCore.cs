using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Multiplies a warp's fragments and keeps the sums.</summary>
/// <remarks>
/// Of each of the four 16 x 8 blocks of sums a thread has those at (row g, column 2t), (g, 2t + 1), (g + 8, 2t) and
/// (g + 8, 2t + 1).
/// </remarks>
internal interface ITensorCore
{
    /// <summary>The first thing that a kernel does.</summary>
    static abstract void Begin();

    /// <summary>Sums of nothing.</summary>
    static abstract Quad Zero();

    /// <summary>sums + the products of the fragments, a block of sums in every row. All threads of the warp come along.</summary>
    static abstract Quad MultiplyAdd(Quad sums, in WarpFragments fragments);

    /// <summary>Writes the sums to a matrix.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="to">The matrix.</param>
    /// <param name="at">Where the calling thread's first element goes.</param>
    /// <param name="down">Elements to that 8 rows below.</param>
    static abstract void Store(Quad sums, ArrayView<float> to, int at, int down);
}
