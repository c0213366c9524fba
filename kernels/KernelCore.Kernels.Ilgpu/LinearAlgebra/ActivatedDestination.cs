using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>A destination C, and f(C) in another matrix.</summary>
/// <param name="to">C.</param>
/// <param name="activated">f(C).</param>
/// <param name="stride">Elements between rows of f(C).</param>
/// <param name="slope">Negative slope of the leaky rectifier.</param>
internal readonly struct ActivatedDestination<TFunction>(Destination to, ArrayView<float> activated, int stride, float slope) : IDestination
    where TFunction : struct, IActivation
{
    private readonly Destination _to = to;
    private readonly ArrayView<float> _activated = activated;
    private readonly int _stride = stride;
    private readonly float _slope = slope;

    public void Take<TTile>(TileFrame frame, Quad elements)
        where TTile : struct, ITile => TileStore.Run<TTile, ActivatedDestination<TFunction>>(this, frame, elements);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public MatrixStart Start(int batch) => _to.Start(batch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Store(MatrixStart start, int row, int column, float element)
    {
        float value = _to.Store(start, row, column, element);
        _activated[(row * _stride) + column] = TFunction.Value(new Real(value), new Real(_slope)).Value;
        return value;
    }
}
