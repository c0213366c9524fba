namespace KernelCore.Kernels.Cpu;

/// <summary>Sizes of the blocks of a product that stay in cache.</summary>
internal static class GemmBlocking
{
    /// <summary>Terms per block: a panel of B of this depth stays in the first-level cache.</summary>
    public const int Depth = 256;

    /// <summary>Columns of B packed at a time.</summary>
    public const int Columns = 2048;

    /// <summary>Rows of A packed at a time; a multiple of <see cref="TaskRows"/>.</summary>
    public const int Rows = 1536;

    /// <summary>Rows of A that stay in the second-level cache; a multiple of every tile's rows.</summary>
    public const int TaskRows = 192;

    /// <summary>Columns of C in one task.</summary>
    public const int TaskColumns = 256;

    /// <summary>Tiles below which a task is not split further: microseconds of work.</summary>
    public const int TaskTiles = 8;

    /// <summary>Panels packed by one task.</summary>
    public const int PackPanels = 4;

    /// <summary>Row panels up to which B is read in place: packing it would not be repaid.</summary>
    public const int InPlacePanels = 4;
}
