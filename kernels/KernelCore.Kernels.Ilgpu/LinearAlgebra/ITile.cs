using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The group that computes a tile of a product: Side x Side threads.</summary>
internal interface ITile
{
    static abstract int Side { get; }

    /// <summary>Which 4 rows and 4 columns of a square the calling thread has.</summary>
    static abstract int Down { get; }

    /// <inheritdoc cref="Down"/>
    static abstract int Across { get; }

    /// <summary>Waits for all threads of the group.</summary>
    static abstract void Synchronize();
}

/// <summary>
/// How a group multiplies: what it keeps of the operands in shared memory, in which precision, and where the sums are. A
/// tile is one square of 4 Side x 4 Side elements, or several: each thread has 4 x 4 elements of every square.
/// </summary>
internal interface ITile<TSums> : ITile
    where TSums : struct
{
    /// <summary>Squares that are next to one another, and squares below one another.</summary>
    static abstract int Reach { get; }

    /// <inheritdoc cref="IGridKernel.GroupsEach"/>
    static abstract int GroupsEach { get; }

    /// <summary>Terms of the sum that are in shared memory at a time.</summary>
    static abstract int Slab { get; }

    /// <summary>Neighbouring terms of a row that are written together where a thread has neighbouring rows: 1 or 2.</summary>
    static abstract int PairedTerms { get; }

    /// <summary>Shared memory for a slab of one operand, in words of 16 bytes.</summary>
    static abstract int SlabWords { get; }

    /// <summary>The first thing that a kernel does.</summary>
    static abstract void Begin();

    /// <summary>Brings a slab of both operands to shared memory: hands the factor what threads have under way at a time.</summary>
    static abstract void Bring<TLeft, TRight>(Factor<TLeft, TRight> factor, SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand;

    /// <summary>Sums of nothing.</summary>
    static abstract TSums Zero();

    /// <summary>Writes four neighbouring terms of a row to the slab of an operand.</summary>
    /// <param name="slab">Shared memory.</param>
    /// <param name="row">Row of the tile; for the right operand, column.</param>
    /// <param name="term">The first of the terms, a multiple of four.</param>
    /// <param name="terms">The elements.</param>
    static abstract void PutTerms(ArrayView<Float4> slab, int row, int term, Float4 terms);

    /// <summary>Writes a term of four neighbouring rows, or two of them, to the slab of an operand.</summary>
    /// <param name="slab">Shared memory.</param>
    /// <param name="row">The first of the rows, a multiple of four.</param>
    /// <param name="term">Which term, a multiple of <see cref="PairedTerms"/>.</param>
    /// <param name="rows">The elements.</param>
    /// <param name="next">Those of the next term, where terms are paired.</param>
    static abstract void PutRows(ArrayView<Float4> slab, int row, int term, Float4 rows, Float4 next);

    /// <summary>Adds the products of two slabs to the sums. Slabs are zero beyond their terms.</summary>
    static abstract TSums MultiplyAdd(TSums sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms);

    /// <summary>The calling thread's elements of the first square. May write over the slabs, which nobody reads any more; all threads come along.</summary>
    static abstract Quad First(TSums sums, ArrayView<Float4> slabs);

    /// <summary>Hands the squares to a sink, as far as the matrix goes.</summary>
    static abstract void HandTo<TSink>(TSink sink, TileFrame frame, TSums sums, ArrayView<Float4> slabs)
        where TSink : struct, ISink;
}
