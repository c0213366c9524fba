using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Multiplies a warp's fragments and keeps the sums: those of 32 x 16 elements of each square, in four blocks of 16 x 8.</summary>
/// <remarks>
/// The blocks are the upper left, the upper right, the lower left and the lower right one. Of each of them a thread has the sums at
/// (row g, column 2t), (g, 2t + 1), (g + 8, 2t) and (g + 8, 2t + 1), where g = lane / 4 and t = lane % 4. Squares are numbered, by constants.
/// </remarks>
internal interface ITensorCore
{
    /// <summary>The first thing that a kernel does.</summary>
    static abstract void Begin();

    /// <summary>Sums of nothing for a square.</summary>
    static abstract Quad Zero(int square);

    /// <summary>The sums of a square + the products of the fragments, a block of sums in every row. All threads of the warp come along.</summary>
    static abstract Quad MultiplyAdd(int square, Quad sums, in LeftFragments a, in RightFragments b);

    /// <summary>Writes the sums of the first square to a matrix.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="to">The matrix, from the calling thread's first element on.</param>
    /// <param name="stride">Elements from row to row.</param>
    static abstract void Store(Quad sums, ArrayView<float> to, int stride);

    /// <summary>The first square is done with, and the next one is the first now.</summary>
    static abstract void Rest();
}
