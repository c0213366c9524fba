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
    /// <param name="batch">Which product.</param>
    /// <param name="row">Row of the result, or column, that they start in.</param>
    /// <param name="rows">Of the result.</param>
    /// <param name="term">Position of the sum that they start at.</param>
    /// <param name="end">Where the sum ends.</param>
    static abstract Float4 Get<TOperand>(TOperand operand, int batch, int row, int rows, int term, int end)
        where TOperand : struct, IOperand;
}

/// <summary>In one load. All terms are there; in place of a row beyond the matrix it is the last one that is read, and nobody asks for the sums.</summary>
internal readonly struct InWords : IFetch
{
    public static int AtATime(int most) => most;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Get<TOperand>(TOperand operand, int batch, int row, int rows, int term, int end)
        where TOperand : struct, IOperand => operand.Word(operand.Row(batch, IntrinsicMath.Min(row, rows - (operand.DepthIsContiguous ? 1 : 4))) + operand.Depth(term));
}

/// <summary>One by one: wherever they are, and whatever they are computed from.</summary>
internal readonly struct OneByOne : IFetch
{
    public static int AtATime(int most) => IntrinsicMath.Min(most, 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Get<TOperand>(TOperand operand, int batch, int row, int rows, int term, int end)
        where TOperand : struct, IOperand
    {
        int down = operand.DepthIsContiguous ? 0 : 1, along = operand.DepthIsContiguous ? 1 : 0;
        return new()
        {
            X = Element(operand, batch, row, rows, term, end),
            Y = Element(operand, batch, row + down, rows, term + along, end),
            Z = Element(operand, batch, row + (2 * down), rows, term + (2 * along), end),
            W = Element(operand, batch, row + (3 * down), rows, term + (3 * along), end),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Element<TOperand>(TOperand operand, int batch, int row, int rows, int term, int end)
        where TOperand : struct, IOperand
    {
        // Places before the question, so that the compiler sees what elements have in common; one question, so that it becomes no branch.
        Place place = operand.Row(batch, row) + operand.Depth(term);
        return row < rows & term < end & operand.Has(place) ? operand.At(place) : 0;
    }
}
