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

    public static bool HasWords => TOperand.HasWords;

    public readonly bool IsInWords => Operand.IsInWords;

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Operand.DepthIsContiguous;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Start(int batch) => Operand.Start(batch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int start, int row, int depth)
    {
        float value = Operand.At(start, row, depth);
        return Coefficients.Length == 0 ? value : value * Coefficients[depth / Positions];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Word(int start, int row, int depth)
    {
        Float4 word = Operand.Word(start, row, depth);
        if (Coefficients.Length == 0)
        {
            return word;
        }

        // Of neighbouring rows, whose depth is one, it is one coefficient.
        int along = DepthIsContiguous ? 1 : 0;
        return word.Times(new()
        {
            X = Coefficients[depth / Positions],
            Y = Coefficients[(depth + along) / Positions],
            Z = Coefficients[(depth + (2 * along)) / Positions],
            W = Coefficients[(depth + (3 * along)) / Positions],
        });
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
    public readonly int Start(int batch) => Operand.Start(batch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int start, int row, int depth)
    {
        float value = Operand.At(start, row, depth);
        return value * value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Word(int start, int row, int depth)
    {
        Float4 word = Operand.Word(start, row, depth);
        return word.Times(word);
    }
}
