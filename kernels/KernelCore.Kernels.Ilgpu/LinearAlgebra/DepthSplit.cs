namespace KernelCore.Kernels.Ilgpu;

/// <summary>How groups share the depth of a product whose tiles are too few to fill the device. It follows from extents alone, and with it the order of every sum.</summary>
/// <param name="Parts">Number of parts; 1 for no split.</param>
/// <param name="Depth">Terms of each part but the last, which has those that are left.</param>
internal readonly record struct DepthSplit(int Parts, int Depth)
{
    /// <summary>Terms below which a part costs more than it saves: it is written and read once more.</summary>
    private const int ShortestPart = 256;

    /// <summary>Parts begin where slabs do, whose depth in any precision divides this.</summary>
    private const int Slab = 64;

    /// <summary>As many parts as fill the device.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="extent">Rows and columns of a tile.</param>
    /// <param name="groups">That the device works on side by side.</param>
    public static DepthSplit Of(ProductShape shape, int extent, int groups)
    {
        long tiles = Math.Max(1, LaunchGrid.Tiles(shape, extent));
        long parts = Math.Clamp(Math.Min(groups / tiles, shape.Depth / ShortestPart), 1, int.MaxValue);
        return parts == 1 ? new(1, shape.Depth) : Into(parts, shape.Depth);
    }

    /// <summary>At most so many parts; fewer where whole slabs make them longer.</summary>
    private static DepthSplit Into(long parts, long depth)
    {
        long each = (((depth + parts - 1) / parts) + Slab - 1) / Slab * Slab;
        return new((int)((depth + each - 1) / each), (int)each);
    }
}
