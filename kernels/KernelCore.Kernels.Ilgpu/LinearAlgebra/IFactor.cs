using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What the elements of a product are made of.</summary>
internal interface IFactor
{
    /// <summary>Products whose sums a thread holds at the same time.</summary>
    static abstract int Held { get; }

    /// <summary>The calling thread's elements of a tile; all threads of the group come along.</summary>
    /// <param name="frame">The tile.</param>
    /// <param name="slabs">Shared memory for a slab of the left operand, then one of the right.</param>
    TSums Compute<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums>;
}
