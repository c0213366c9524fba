using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Elements times the coefficient of their sample, where the product sums over samples and their positions.</summary>
internal struct ScaledOperand<TOperand> : IOperand
    where TOperand : struct, IOperand
{
    public TOperand Operand;

    /// <summary>One for each sample; empty for ones.</summary>
    public ArrayView<float> Coefficients;
    public int Positions;

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Operand.DepthIsContiguous;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth)
    {
        float value = Operand.At(batch, row, depth);
        return Coefficients.Length == 0 ? value : value * Coefficients[depth / Positions];
    }
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
    public readonly float At(int batch, int row, int depth)
    {
        float value = Operand.At(batch, row, depth);
        return value * value;
    }
}
