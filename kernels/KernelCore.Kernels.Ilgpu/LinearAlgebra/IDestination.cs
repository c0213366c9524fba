namespace KernelCore.Kernels.Ilgpu;

/// <summary>A sink that stores elements one by one.</summary>
internal interface IDestination : ISink
{
    /// <summary>Stores one element of the product.</summary>
    /// <returns>What is stored: the finished element.</returns>
    float Store(int batch, int row, int column, float element);
}
