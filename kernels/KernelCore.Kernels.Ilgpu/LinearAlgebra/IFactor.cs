using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What the elements of a product are made of. All threads of a group come along.</summary>
internal interface IFactor
{
    /// <summary>Products whose sums a thread holds at the same time.</summary>
    static abstract int Held { get; }

    /// <summary>Computes a tile and hands its squares to a sink, as far as the matrix goes.</summary>
    /// <param name="sink">Where they go.</param>
    /// <param name="frame">The tile.</param>
    /// <param name="slabs">Shared memory for a slab of the left operand, then one of the right.</param>
    void HandTo<TTile, TSums, TSink>(TSink sink, TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TSink : struct, ISink;

    /// <summary>The calling thread's elements of a tile that is one square.</summary>
    Quad Square<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct;
}
