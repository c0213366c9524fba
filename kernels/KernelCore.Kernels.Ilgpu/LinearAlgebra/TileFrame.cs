namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where a tile, or a square of it, lies.</summary>
internal readonly struct TileFrame(int batch, int firstRow, int firstColumn, int rows, int columns)
{
    /// <summary>Which matrix of the batch.</summary>
    public readonly int Batch = batch;

    public readonly int FirstRow = firstRow, FirstColumn = firstColumn;

    /// <summary>Extents of the whole matrix.</summary>
    public readonly int Rows = rows, Columns = columns;

    /// <summary>A square of the tile.</summary>
    public readonly TileFrame Square(int down, int across, int extent) =>
        new(Batch, FirstRow + (down * extent), FirstColumn + (across * extent), Rows, Columns);
}
