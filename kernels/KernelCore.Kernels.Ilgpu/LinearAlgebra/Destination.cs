using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrices that a product is stored to: C = alpha product + beta C + bias.</summary>
/// <param name="c">The elements.</param>
/// <param name="stride">Elements between rows.</param>
/// <param name="batches">Where each matrix starts.</param>
/// <param name="alpha">Factor of the product.</param>
/// <param name="beta">Factor of the old content; with 0 it is not read.</param>
internal struct Destination(ArrayView<float> c, int stride, BatchLayout batches, float alpha = 1, float beta = 0) : IDestination
{
    private readonly ArrayView<float> _c = c;
    private readonly BatchLayout _batches = batches;
    private readonly int _stride = stride;
    private readonly float _alpha = alpha, _beta = beta;

    /// <summary>What is added: with strides of 0, a vector for all rows or all columns. No elements for nothing.</summary>
    public MatrixOperand Bias = MatrixOperand.RowOf(ArrayView<float>.Empty);

    public readonly void Take<TTile>(TileFrame frame, Quad elements)
        where TTile : struct, ITile => TileStore.Run<TTile, Destination>(this, frame, elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly MatrixStart Start(int batch) => new(_batches.Offset(batch), Bias.Start(batch));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float Store(MatrixStart start, int row, int column, float element)
    {
        int at = start.Element + (row * _stride) + column;
        float value = _alpha * element;
        value = _beta == 0 ? value : value + (_beta * _c[at]);
        value = Bias.Elements.Length == 0 ? value : value + Bias.At(start.Bias, row, column);
        _c[at] = value;
        return value;
    }
}
