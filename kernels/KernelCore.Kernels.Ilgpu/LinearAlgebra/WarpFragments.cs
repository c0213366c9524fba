using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// What one thread of a warp holds of a 16 x 8-word block of the left operand and of four 8 x 8-word blocks of the right
/// one, 8 columns apart.
/// </summary>
/// <remarks>
/// With g = lane / 4, t = lane % 4: A0 (row g, word t), A1 (g + 8, t), A2 (g, t + 4), A3 (g + 8, t + 4); of each block of
/// the right operand (column g, word t) and (g, t + 4). In words the layout is one for all formats: PTX ISA,
/// "Matrix Fragments for mma.m16n8k8" and "... mma.m16n8k16".
/// </remarks>
internal struct WarpFragments
{
    public int A0, A1, A2, A3, B0, B1, B2, B3, B4, B5, B6, B7;
}

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
