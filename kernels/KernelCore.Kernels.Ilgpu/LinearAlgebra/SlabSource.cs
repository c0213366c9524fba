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

    /// <summary>As many words as are under way at a time: 1, 2 or 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad Fetch<TOperand, TFetch>(TOperand operand, SlabWalk at, int words, int term, int end)
        where TOperand : struct, IOperand
        where TFetch : struct, IFetch => new()
        {
            Row0 = Word<TOperand, TFetch>(operand, at, term, end),
            Row1 = words > 1 ? Word<TOperand, TFetch>(operand, at.Skip(1), term, end) : default,
            Row2 = words > 2 ? Word<TOperand, TFetch>(operand, at.Skip(2), term, end) : default,
            Row3 = words > 2 ? Word<TOperand, TFetch>(operand, at.Skip(3), term, end) : default,
        };

    /// <summary>Writes them to shared memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put<TTile, TSums>(SlabWalk at, int words, bool depthIsContiguous, Quad fetched)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        if (depthIsContiguous)
        {
            PutTerms<TTile, TSums>(at, fetched.Row0);
            if (words > 1)
            {
                PutTerms<TTile, TSums>(at.Skip(1), fetched.Row1);
            }

            if (words > 2)
            {
                PutTerms<TTile, TSums>(at.Skip(2), fetched.Row2);
                PutTerms<TTile, TSums>(at.Skip(3), fetched.Row3);
            }
        }
        else if (TTile.PairedTerms == 2)
        {
            PutRows<TTile, TSums>(at, fetched.Row0, fetched.Row1);
            if (words > 2)
            {
                PutRows<TTile, TSums>(at.Skip(2), fetched.Row2, fetched.Row3);
            }
        }
        else
        {
            PutRows<TTile, TSums>(at, fetched.Row0, default);
            if (words > 1)
            {
                PutRows<TTile, TSums>(at.Skip(1), fetched.Row1, default);
            }

            if (words > 2)
            {
                PutRows<TTile, TSums>(at.Skip(2), fetched.Row2, default);
                PutRows<TTile, TSums>(at.Skip(3), fetched.Row3, default);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Float4 Word<TOperand, TFetch>(TOperand operand, SlabWalk at, int term, int end)
        where TOperand : struct, IOperand
        where TFetch : struct, IFetch => TFetch.Get(operand, _batch, _first + at.Row, _rows, term + at.Term, end);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutTerms<TTile, TSums>(SlabWalk at, Float4 terms)
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.PutTerms(Slab, at.Row, at.Term, terms);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void PutRows<TTile, TSums>(SlabWalk at, Float4 rows, Float4 next)
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.PutRows(Slab, at.Row, at.Term, rows, next);
}
