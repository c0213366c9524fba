namespace KernelCore.Kernels.Ilgpu;

/// <summary>One side of a batched matrix product: where its elements come from.</summary>
internal interface IOperand
{
    /// <summary>Whether there are operands of the type whose elements can be loaded four at a time.</summary>
    static abstract bool HasWords { get; }

    /// <summary>Whether this is one. Asked by the host.</summary>
    bool IsInWords { get; }

    /// <summary>Whether neighbours along the summed axis are neighbours in memory; decides how threads load a tile.</summary>
    bool DepthIsContiguous { get; }

    /// <summary>
    /// What a row (or column) of the result contributes to the places of its elements, in product <paramref name="batch"/>. Also asked for rows beyond the
    /// last, whose elements are not.
    /// </summary>
    /// <remarks>Apart from <see cref="Depth"/>, because a thread loads several elements of one row or of one position of the sum.</remarks>
    Place Row(int batch, int row);

    /// <summary>The same of a position of the sum.</summary>
    Place Depth(int depth);

    /// <summary>Whether there is an element at a place; where there is none, it is zero.</summary>
    bool Has(Place place);

    /// <summary>The element at a place that has one. Without branches: a load behind one is waited for before the next can start.</summary>
    float At(Place place);

    /// <summary>An element and the next three along the axis that is contiguous, in one load; the first is at a multiple of four.</summary>
    Float4 Word(int batch, int row, int depth);
}
