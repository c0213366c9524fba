using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where a batched product goes: C = alpha product + beta C + bias.</summary>
/// <param name="C">The elements.</param>
/// <param name="Stride">Elements between rows.</param>
/// <param name="Batches">Where each matrix starts.</param>
/// <param name="Alpha">Factor of the product.</param>
/// <param name="Beta">Factor of the old content; with 0 it is not read.</param>
internal readonly record struct Destination(ArrayView<float> C, int Stride, BatchLayout Batches, float Alpha = 1, float Beta = 0)
{
    /// <summary>Added to every row, or to every column where <see cref="BiasGroups"/> is not 0.</summary>
    public ArrayView<float> Bias { get; init; }

    /// <summary>Groups of a convolution whose bias belongs to rows; 0 for a bias per column.</summary>
    public int BiasGroups { get; init; }
}
