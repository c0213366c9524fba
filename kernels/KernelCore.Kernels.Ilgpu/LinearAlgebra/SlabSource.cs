using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What a tile takes of an operand, and the shared memory that a slab of it goes to.</summary>
/// <param name="batch">Which product.</param>
/// <param name="first">First row of the tile; for the right operand, column.</param>
/// <param name="rows">Of the result.</param>
/// <param name="slab">Shared memory.</param>
internal readonly struct SlabSource(int batch, int first, int rows, ArrayView<Float4> slab)
{
    public readonly ArrayView<Float4> Slab = slab;
    private readonly int _batch = batch, _first = first, _rows = rows;

    /// <summary>One or two words, each in one load. All terms are there; in place of a row beyond the matrix it is the last one that is read, and nobody asks for the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WordPair Words<TOperand>(TOperand operand, SlabWalk at, int count, int term)
        where TOperand : struct, IOperand => new() { First = Word(operand, at, term), Second = count > 1 ? Word(operand, at.Skip(1), term) : default };

    /// <summary>One or two words whose elements are loaded one by one, wherever they are and whatever they are computed from; for terms beyond the sum zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public WordPair Elements<TOperand>(TOperand operand, SlabWalk at, int count, int term, int end)
        where TOperand : struct, IOperand => new() { First = Four(operand, at, term, end), Second = count > 1 ? Four(operand, at.Skip(1), term, end) : default };

    /// <summary>Writes one or two words to shared memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put<TTile, TSums>(SlabWalk at, int count, bool depthIsContiguous, WordPair words)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        if (depthIsContiguous)
        {
            TTile.PutTerms(Slab, at.Row, at.Term, words.First);
            if (count > 1)
            {
                SlabWalk next = at.Skip(1);
                TTile.PutTerms(Slab, next.Row, next.Term, words.Second);
            }
        }
        else if (TTile.PairedTerms == 2)
        {
            TTile.PutRows(Slab, at.Row, at.Term, words.First, words.Second);
        }
        else
        {
            TTile.PutRows(Slab, at.Row, at.Term, words.First, default);
            if (count > 1)
            {
                SlabWalk next = at.Skip(1);
                TTile.PutRows(Slab, next.Row, next.Term, words.Second, default);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Float4 Word<TOperand>(TOperand operand, SlabWalk at, int term)
        where TOperand : struct, IOperand =>
        operand.Word(operand.Row(_batch, IntrinsicMath.Min(_first + at.Row, _rows - (operand.DepthIsContiguous ? 1 : 4))) + operand.Depth(term + at.Term));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Float4 Four<TOperand>(TOperand operand, SlabWalk at, int term, int end)
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

/// <summary>Eight elements: two words, or one.</summary>
internal struct WordPair
{
    public Float4 First, Second;
}
