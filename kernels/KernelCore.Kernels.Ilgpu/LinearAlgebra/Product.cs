using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A batch of matrices, each computed tile by tile: a group computes a square tile, every thread some of its elements, and hands them to a sink.</summary>
internal struct Product<TTile, TSums, TFactor, TSink> : IGridKernel
    where TTile : struct, ITile<TSums>
    where TSums : struct
    where TFactor : struct, IFactor
    where TSink : struct, ISink
{
    public TFactor Factor;
    public TSink Sink;
    public int Rows, Columns;

    /// <summary>Tiles of one matrix, and of a row of tiles.</summary>
    public Divisor Tiles, Across;

    public static int GroupsEach => TTile.GroupsEach;

    public readonly void Run()
    {
        TTile.Begin();
        int extent = 4 * TTile.Side * TTile.Reach;
        int batch = Tiles.Quotient(Grid.IdxX), tile = Tiles.Remainder(Grid.IdxX, batch), down = Across.Quotient(tile);
        var frame = new TileFrame(batch, down * extent, Across.Remainder(tile, down) * extent, Rows, Columns);
        Factor.HandTo<TTile, TSums, TSink>(Sink, frame, SharedMemory.Allocate<Float4>(2 * TTile.SlabWords));
    }
}
