using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The group that computes a tile of a product: Side x Side threads.</summary>
internal interface ITile
{
    static abstract int Side { get; }

    /// <summary>Which 4 rows and 4 columns of a square the calling thread has.</summary>
    static abstract int Down { get; }

    /// <inheritdoc cref="Down"/>
    static abstract int Across { get; }

    /// <summary>Waits for all threads of the group.</summary>
    static abstract void Synchronize();
}

/// <summary>
/// How a group multiplies: what it keeps of the operands in shared memory, in which precision, and where the sums are.
/// In the end each thread has its <typeparamref name="TSums"/>.
/// </summary>
internal interface ITile<TSums> : ITile
    where TSums : struct, ISums<TSums>
{
    /// <summary>Terms of the sum that are in shared memory at a time.</summary>
    static abstract int Slab { get; }

    /// <summary>Elements of each operand that a thread has under way at a time: 4 or 8.</summary>
    static abstract int Fetches { get; }

    /// <summary>Shared memory for a slab of one operand, in words of 16 bytes.</summary>
    static abstract int SlabWords { get; }

    /// <summary>The first thing that a kernel does.</summary>
    static abstract void Begin();

    /// <summary>Sums of nothing.</summary>
    static abstract TSums Zero();

    /// <summary>Writes an element of an operand to its slab.</summary>
    /// <param name="slab">Shared memory.</param>
    /// <param name="row">Row of the tile; for the right operand, column.</param>
    /// <param name="term">Which term of the slab.</param>
    /// <param name="value">The element.</param>
    static abstract void Put(ArrayView<Float4> slab, int row, int term, float value);

    /// <summary>Adds the products of two slabs to the sums. Slabs are zero beyond their terms.</summary>
    static abstract TSums MultiplyAdd(TSums sums, ArrayView<Float4> left, ArrayView<Float4> right, int terms);

    /// <summary>The elements of the calling thread. May write over the slabs.</summary>
    static abstract TSums Collect(TSums sums, ArrayView<Float4> slabs);
}
