using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A batch of matrices, each computed tile by tile: a group computes a square tile, every thread some of its elements, and hands them to a sink.</summary>
internal struct Product<TTile, TSums, TFactor, TSink> : IGridKernel
    where TTile : struct, ITile<TSums>
    where TSums : struct, ISums<TSums>
    where TFactor : struct, IFactor
    where TSink : struct, ISink
{
    public TFactor Factor;
    public TSink Sink;
    public int Rows, Columns;

    public static int GroupsEach => TSums.GroupsEach;

    public readonly void Run()
    {
        TTile.Begin();
        int extent = 4 * TTile.Side * TSums.Reach;
        int across = (Columns + extent - 1) / extent, down = (Rows + extent - 1) / extent, tile = Grid.IdxX;
        var frame = new TileFrame(tile / (across * down), tile / across % down * extent, tile % across * extent, Rows, Columns);
        TSums elements = Factor.Compute<TTile, TSums>(frame, SharedMemory.Allocate<Float4>(2 * TTile.SlabWords));
        elements.HandTo<TTile, TSink>(Sink, frame);
    }
}
