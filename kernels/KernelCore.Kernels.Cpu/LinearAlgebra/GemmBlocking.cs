namespace KernelCore.Kernels.Cpu;

/// <summary>Sizes of the blocks of a product that stay in cache.</summary>
internal static class GemmBlocking
{
    /// <summary>Most floats of a panel of B: 32 KiB, about the first-level cache. In a deeper panel a tile is begun and ended less often.</summary>
    public const int PanelFloats = 1 << 13;

    /// <summary>Most terms of a sum that one tile takes at a time, however narrow it is.</summary>
    public const int Depth = 512;

    /// <summary>Tiles of A, one below the other, that stay in the second-level cache while a group of panels of B pass.</summary>
    public const int GroupRows = 16;

    /// <summary>Panels of B that pass in a group, if a task has as many.</summary>
    public const int GroupColumns = 4;

    /// <summary>The fewest panels of B of a task, of which it adds up the dots: more would leave tasks of fewer rows, and B packed more often.</summary>
    public const int TaskColumns = 2;

    /// <summary>Tasks for each thread, where there are enough tiles.</summary>
    public const int TasksPerThread = 8;

    /// <summary>Terms of all its tiles together up to which a task is not split further: microseconds of work.</summary>
    public const int TaskTerms = 1024;

    /// <summary>Rows of A packed at a time; a multiple of every tile's rows.</summary>
    public const int Rows = 3072;

    /// <summary>Floats of A packed at a time, unless a single depth needs more.</summary>
    public const int PackedFloats = 1 << 20;

    /// <summary>Panels of A packed by one task.</summary>
    public const int PackPanels = 4;

    /// <summary>Terms that the panels of a task take in turns where rows of A are columns in memory.</summary>
    public const int PackTerms = 32;

    /// <summary>Tiles, one below the other, up to which rows of B are read in place: packing would not be repaid.</summary>
    public const int InPlaceRows = 4;

    /// <summary>Tiles, side by side, up to which rows of A are read in place.</summary>
    public const int InPlaceColumns = 4;

    /// <summary>Terms that one tile takes at a time: k in equal parts, none deeper than <see cref="PanelFloats"/> and <see cref="Depth"/> allow.</summary>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="columns">Columns of a tile.</param>
    public static int DepthOf(int k, int columns)
    {
        const int unit = 4; // terms that packing transposes at a time
        int parts = Parallelism.Chunks(k, Math.Min(Depth, PanelFloats / columns));
        return parts <= 1 ? k : Parallelism.Chunks(k, parts * unit) * unit;
    }
}
