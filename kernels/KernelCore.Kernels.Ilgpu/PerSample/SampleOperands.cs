using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Elements times the coefficient of their sample, where the product sums over samples and their positions.</summary>
internal struct ScaledOperand<TOperand> : IOperand
    where TOperand : struct, IOperand
{
    public TOperand Operand;

    /// <summary>One for each sample.</summary>
    public ArrayView<float> Coefficients;
    public Divisor Positions;

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Operand.DepthIsContiguous;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => Operand.Row(batch, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth) => Operand.Depth(depth).Of(sample: Positions.Quotient(depth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => Operand.Has(place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Operand.At(place) * Coefficients[place.Sample];
}

/// <summary>Squared elements.</summary>
internal struct SquaredOperand : IOperand
{
    public MatrixOperand Operand;

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Operand.DepthIsContiguous;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => Operand.Row(batch, row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth) => Operand.Depth(depth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => Operand.Has(place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place)
    {
        float value = Operand.At(place);
        return value * value;
    }
}
