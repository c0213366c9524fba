namespace KernelCore.Kernels;

/// <summary>The extents of a batched matrix product: they fix the launch, and the work follows from them.</summary>
/// <param name="Batch">Products.</param>
/// <param name="Rows">Rows of each result.</param>
/// <param name="Columns">Columns of each result.</param>
/// <param name="Depth">Terms of each sum; of both together where the elements of two products are multiplied.</param>
internal readonly record struct ProductShape(int Batch, int Rows, int Columns, int Depth)
{
    /// <summary>Words of memory that the left operand has; fewer than the product takes from it where products share them.</summary>
    public double LeftWords { get; init; } = (double)Batch * Rows * Depth;

    /// <summary>The same of the right operand.</summary>
    public double RightWords { get; init; } = (double)Batch * Columns * Depth;

    /// <summary>Elements of all results.</summary>
    public double Results => (double)Batch * Rows * Columns;

    /// <summary>What a result takes besides its terms: it is stored, unless it only goes on into a sum.</summary>
    public Cost Result { get; init; } = new(Writes: 1);

    public KernelWork Work => new(
        Results * ((2.0 * Depth) + Result.Flops), Results * Result.DoubleFlops,
        sizeof(float) * (LeftWords + RightWords + (Results * (Result.Reads + Result.Writes))));
}
