namespace KernelCore.Kernels.Ilgpu;

/// <summary>How many groups a launch has. Grids have one dimension: the two others end at 65,535 on CUDA devices, this one at 2^31 - 1.</summary>
internal static class LaunchGrid
{
    /// <summary>Groups for so many threads, but no more than keep a device busy; beyond that, threads take more.</summary>
    public static int Groups(long threads, int groupSize, int most) => (int)Math.Min((threads + groupSize - 1) / groupSize, most);

    /// <summary>Iterations of a loop, which kernels count in 32 bits.</summary>
    /// <exception cref="KernelCoreException">There are too many.</exception>
    public static int Iterations(long count) => count <= int.MaxValue
        ? (int)count
        : throw new KernelCoreException($"one launch on a GPU covers at most {int.MaxValue} elements or rows, got {count}; use a smaller batch");

    /// <summary>Square tiles that cover all results of a product.</summary>
    /// <exception cref="KernelCoreException">There are too many, or an extent is beyond the indices of kernels.</exception>
    public static int Tiles(ProductShape shape, int extent)
    {
        long down = ((long)shape.Rows + extent - 1) / extent, across = ((long)shape.Columns + extent - 1) / extent;
        bool indexed = Math.Max(down, across) * extent <= int.MaxValue && shape.Depth <= int.MaxValue - extent;
        double tiles = (double)shape.Batch * down * across;
        return indexed && tiles <= int.MaxValue
            ? (int)tiles
            : throw new KernelCoreException(
                $"{shape.Batch} products of {shape.Rows} x {shape.Columns} with {shape.Depth} terms do not fit one launch on a GPU; use a smaller batch");
    }
}
