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

    /// <summary>What the place of an element takes from the number of its product alone; computed once.</summary>
    int Start(int batch);

    /// <summary>The element of the product that starts there, at a row (or column) of the result and a position of the sum.</summary>
    float At(int start, int row, int depth);

    /// <summary>That element and the next three along the axis that is contiguous, in one load; the first is at a multiple of four.</summary>
    Float4 Word(int start, int row, int depth);
}
