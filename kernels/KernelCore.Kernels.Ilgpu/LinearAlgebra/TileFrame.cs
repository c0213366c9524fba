namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where a tile lies.</summary>
internal readonly struct TileFrame(int batch, int firstRow, int firstColumn, int rows, int columns)
{
    /// <summary>Which matrix of the batch.</summary>
    public readonly int Batch = batch;

    public readonly int FirstRow = firstRow, FirstColumn = firstColumn;

    /// <summary>Extents of the whole matrix.</summary>
    public readonly int Rows = rows, Columns = columns;
}
