namespace KernelCore.Kernels.Ilgpu;

/// <summary>One side of a batched matrix product: where its elements come from.</summary>
internal interface IOperand
{
    /// <summary>Whether neighbours along the summed axis are neighbours in memory; decides how threads load a tile.</summary>
    bool DepthIsContiguous { get; }

    /// <summary>The element of product <paramref name="batch"/>, at a row (or column) of the result and a position of the sum.</summary>
    float At(int batch, int row, int depth);
}
