using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>How a thread gets four neighbouring elements of an operand.</summary>
internal interface IFetch
{
    /// <summary>How many times it does at a time, of so many that it could.</summary>
    static abstract int AtATime(int most);

    /// <summary>The elements; for rows beyond the matrix anything, for terms beyond the sum zero.</summary>
    /// <param name="operand">The operand.</param>
    /// <param name="start">Where the product starts: <see cref="IOperand.Start"/>.</param>
    /// <param name="row">Row of the result, or column, that they start in.</param>
    /// <param name="rows">Of the result.</param>
    /// <param name="term">Position of the sum that they start at.</param>
    /// <param name="end">Where the sum ends.</param>
    static abstract Float4 Get<TOperand>(TOperand operand, int start, int row, int rows, int term, int end)
        where TOperand : struct, IOperand;
}

/// <summary>In one load. All terms are there; in place of a row beyond the matrix it is the last one that is read, and nobody asks for the sums.</summary>
internal readonly struct InWords : IFetch
{
    public static int AtATime(int most) => most;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Get<TOperand>(TOperand operand, int start, int row, int rows, int term, int end)
        where TOperand : struct, IOperand => operand.Word(start, IntrinsicMath.Min(row, rows - (operand.DepthIsContiguous ? 1 : 4)), term);
}

/// <summary>One by one: wherever they are, and whatever they are computed from.</summary>
internal readonly struct OneByOne : IFetch
{
    public static int AtATime(int most) => IntrinsicMath.Min(most, 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Get<TOperand>(TOperand operand, int start, int row, int rows, int term, int end)
        where TOperand : struct, IOperand
    {
        int down = operand.DepthIsContiguous ? 0 : 1, along = operand.DepthIsContiguous ? 1 : 0;
        return new()
        {
            X = Element(operand, start, row, rows, term, end),
            Y = Element(operand, start, row + down, rows, term + along, end),
            Z = Element(operand, start, row + (2 * down), rows, term + (2 * along), end),
            W = Element(operand, start, row + (3 * down), rows, term + (3 * along), end),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Element<TOperand>(TOperand operand, int start, int row, int rows, int term, int end)
        where TOperand : struct, IOperand => row < rows && term < end ? operand.At(start, row, term) : 0;
}
