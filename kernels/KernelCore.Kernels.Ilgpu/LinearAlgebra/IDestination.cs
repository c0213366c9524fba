namespace KernelCore.Kernels.Ilgpu;

/// <summary>A sink that stores elements one by one.</summary>
internal interface IDestination : ISink
{
    /// <summary>Where a matrix of the batch starts; computed once.</summary>
    MatrixStart Start(int batch);

    /// <summary>Stores one element of the product.</summary>
    /// <returns>What is stored: the finished element.</returns>
    float Store(MatrixStart start, int row, int column, float element);
}

/// <summary>Where a matrix that is stored starts, and what is added to it.</summary>
internal readonly struct MatrixStart(int element, int bias)
{
    public readonly int Element = element, Bias = bias;
}
