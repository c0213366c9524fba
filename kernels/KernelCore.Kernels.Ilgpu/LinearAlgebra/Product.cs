using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A batch of matrices, each computed tile by tile: a group computes a square tile, every thread 4 x 4 of its elements, and hands them to a sink.</summary>
internal struct Product<TTile, TFactor, TSink> : IGridKernel
    where TTile : struct, ITile
    where TFactor : struct, IFactor
    where TSink : struct, ISink
{
    public TFactor Factor;
    public TSink Sink;
    public int Rows, Columns;

    public readonly void Run()
    {
        TTile.Begin();
        int extent = 4 * TTile.Side;
        int across = (Columns + extent - 1) / extent, down = (Rows + extent - 1) / extent, tile = Grid.IdxX;
        var frame = new TileFrame(tile / (across * down), tile / across % down * extent, tile % across * extent, Rows, Columns);
        Sink.Take<TTile>(frame, Factor.Compute<TTile>(frame, SharedMemory.Allocate<Float4>(2 * TTile.SlabWords)));
    }
}
