using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What a tile takes of an operand, and the shared memory that a slab of it goes to.</summary>
/// <param name="batch">Which product.</param>
/// <param name="first">First row of the tile; for the right operand, column.</param>
/// <param name="rows">Of the result.</param>
/// <param name="slab">Shared memory.</param>
/// <param name="start">The first word that the calling thread brings.</param>
internal readonly struct SlabSource(int batch, int first, int rows, ArrayView<Float4> slab, SlabWalk start)
{
    public readonly ArrayView<Float4> Slab = slab;
    public readonly SlabWalk Start = start;
    private readonly int _batch = batch, _first = first, _rows = rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Float4 Word<TOperand>(TOperand operand, SlabWalk at, int term)
        where TOperand : struct, IOperand =>
        operand.Word(_batch, IntrinsicMath.Min(_first + at.Row, _rows - (operand.DepthIsContiguous ? 1 : 4)), term + at.Term);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Float4 Elements<TOperand>(TOperand operand, SlabWalk at, int term, int end)
        where TOperand : struct, IOperand
    {
        int down = operand.DepthIsContiguous ? 0 : 1, along = operand.DepthIsContiguous ? 1 : 0, row = _first + at.Row, first = term + at.Term;
        return new()
        {
            X = Element(operand, row, first, end),
            Y = Element(operand, row + down, first + along, end),
            Z = Element(operand, row + (2 * down), first + (2 * along), end),
            W = Element(operand, row + (3 * down), first + (3 * along), end),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Element<TOperand>(TOperand operand, int row, int term, int end)
        where TOperand : struct, IOperand
    {
        // Places before the question, so that the compiler sees what elements have in common; one question, so that it becomes no branch.
        Place place = operand.Row(_batch, row) + operand.Depth(term);
        return row < _rows & term < end & operand.Has(place) ? operand.At(place) : 0;
    }
}
