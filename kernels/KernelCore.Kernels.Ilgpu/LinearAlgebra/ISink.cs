namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where the elements of a product go.</summary>
internal interface ISink
{
    /// <summary>Takes the calling thread's elements of a square; all threads of the group come along.</summary>
    void Take<TTile>(TileFrame frame, Quad elements)
        where TTile : struct, ITile;
}
