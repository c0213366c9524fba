using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// How a group multiplies: what it keeps of the operands in shared memory, in which precision, and where the sums are.
/// The group has Side x Side threads; in the end each has 4 x 4 elements of the tile.
/// </summary>
internal interface ITile
{
    static abstract int Side { get; }

    /// <summary>Terms of the sum that are in shared memory at a time.</summary>
    static abstract int Slab { get; }

    /// <summary>Shared memory for a slab of one operand, in words of 16 bytes.</summary>
    static abstract int SlabWords { get; }

    /// <summary>Waits for all threads of the group.</summary>
    static abstract void Synchronize();

    /// <summary>The first thing that a kernel does.</summary>
    static abstract void Begin();

    /// <summary>Sums of nothing.</summary>
    static abstract Quad Zero();

    /// <summary>Writes an element of an operand to its slab.</summary>
    /// <param name="slab">Shared memory.</param>
    /// <param name="row">Row of the tile; for the right operand, column.</param>
    /// <param name="term">Which term of the slab.</param>
    /// <param name="value">The element.</param>
    static abstract void Put(ArrayView<Float4> slab, int row, int term, float value);

    /// <summary>Adds the products of two slabs to the sums. Slabs are zero beyond their terms.</summary>
    static abstract Quad MultiplyAdd(Quad sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms);

    /// <summary>The elements of the calling thread. May write over the slabs.</summary>
    static abstract Quad Collect(Quad sums, ArrayView<Float4> slabs);
}
