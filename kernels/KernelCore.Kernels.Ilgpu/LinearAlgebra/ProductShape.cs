namespace KernelCore.Kernels.Ilgpu;

/// <summary>Extents of a batched matrix product.</summary>
internal readonly record struct ProductShape(int Batch, int Rows, int Columns, int Depth)
{
    /// <summary>Square tiles that cover all results.</summary>
    /// <exception cref="KernelCoreException">More than a launch can have.</exception>
    public int Tiles(int extent)
    {
        long tiles = (long)Batch * ((Rows + extent - 1) / extent) * ((Columns + extent - 1) / extent);
        return tiles <= int.MaxValue ? (int)tiles : throw new KernelCoreException($"a product of {this} does not fit one launch");
    }
}
