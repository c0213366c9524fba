using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What the elements of a product are made of.</summary>
internal interface IFactor
{
    /// <summary>The calling thread's elements of a tile; all threads of the group come along.</summary>
    /// <param name="frame">The tile.</param>
    /// <param name="slabs">Shared memory for a slab of the left operand, then one of the right.</param>
    Quad Compute<TTile>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile;
}
