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

    public static bool HasWords => TOperand.HasWords;

    /// <summary>Of neighbouring rows: they are of one sample.</summary>
    public readonly bool IsInWords => Operand.IsInWords && !Operand.DepthIsContiguous;

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Word(int batch, int row, int depth)
    {
        float coefficient = Coefficients[Positions.Quotient(depth)];
        return Operand.Word(batch, row, depth).Times(new() { X = coefficient, Y = coefficient, Z = coefficient, W = coefficient });
    }
}

/// <summary>Squared elements.</summary>
internal struct SquaredOperand : IOperand
{
    public MatrixOperand Operand;

    public static bool HasWords => true;

    public readonly bool IsInWords => Operand.IsInWords;

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Word(int batch, int row, int depth)
    {
        Float4 word = Operand.Word(batch, row, depth);
        return word.Times(word);
    }
}
