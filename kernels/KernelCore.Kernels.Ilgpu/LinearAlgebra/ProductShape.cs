namespace KernelCore.Kernels.Ilgpu;

/// <summary>Extents of a batch of matrices.</summary>
internal readonly record struct ProductShape(int Batch, int Rows, int Columns)
{
    /// <summary>Square tiles that cover all of them.</summary>
    /// <exception cref="KernelCoreException">More than a launch can have.</exception>
    public int Tiles(int extent)
    {
        long tiles = (long)Batch * Across(Rows, extent) * Across(Columns, extent);
        return tiles <= int.MaxValue ? (int)tiles : throw new KernelCoreException($"a product of {this} does not fit one launch");
    }

    /// <summary>Tiles along one axis.</summary>
    public static int Across(int length, int extent) => (length + extent - 1) / extent;
}
