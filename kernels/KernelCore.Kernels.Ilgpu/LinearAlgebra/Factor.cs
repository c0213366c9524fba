using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Factors of products.</summary>
internal static class Factor
{
    /// <summary>L R^T, summed over a depth.</summary>
    public static Factor<TLeft, TRight> Of<TLeft, TRight>(TLeft left, TRight right, int depth)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => new() { Left = left, Right = right, Depth = depth };

    /// <summary>The elementwise product of two factors.</summary>
    public static Hadamard<TFirst, TSecond> Hadamard<TFirst, TSecond>(TFirst first, TSecond second)
        where TFirst : struct, IFactor
        where TSecond : struct, IFactor => new() { First = first, Second = second };
}

/// <summary>L R^T: the group brings slabs of both operands into shared memory and adds their products, in increasing depth.</summary>
internal struct Factor<TLeft, TRight> : IFactor
    where TLeft : struct, IOperand
    where TRight : struct, IOperand
{
    public TLeft Left;
    public TRight Right;
    public int Depth;

    public readonly Quad Compute<TTile>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile
    {
        ArrayView<Float4> left = slabs.SubView(0, TTile.SlabWords), right = slabs.SubView(TTile.SlabWords, TTile.SlabWords);
        Quad sums = TTile.Zero();
        for (int start = 0; start < Depth; start += TTile.Slab)
        {
            if (start > 0)
            {
                TTile.Synchronize();
            }

            Load<TTile, TLeft>(Left, left, frame.Batch, frame.FirstRow, frame.Rows, start);
            Load<TTile, TRight>(Right, right, frame.Batch, frame.FirstColumn, frame.Columns, start);
            TTile.Synchronize();
            sums = TTile.MultiplyAdd(sums, left, right, IntrinsicMath.Min(TTile.Slab, Depth - start));
        }

        return TTile.Collect(sums, slabs);
    }

    /// <summary>Brings a slab to shared memory; zeros beyond the edges.</summary>
    private readonly void Load<TTile, TOperand>(TOperand operand, ArrayView<Float4> slab, int batch, int first, int end, int start)
        where TTile : struct, ITile
        where TOperand : struct, IOperand
    {
        int extent = 4 * TTile.Side;
        for (int e = Group.IdxX; e < TTile.Slab * extent; e += TTile.Side * TTile.Side)
        {
            // Neighbouring threads take neighbouring addresses.
            int p = operand.DepthIsContiguous ? e % TTile.Slab : e / extent, i = operand.DepthIsContiguous ? e / TTile.Slab : e % extent;
            TTile.Put(slab, i, p, first + i < end && start + p < Depth ? operand.At(batch, first + i, start + p) : 0);
        }
    }
}

/// <summary>The elementwise product of two factors, in registers.</summary>
internal struct Hadamard<TFirst, TSecond> : IFactor
    where TFirst : struct, IFactor
    where TSecond : struct, IFactor
{
    public TFirst First;
    public TSecond Second;

    public readonly Quad Compute<TTile>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile
    {
        Quad first = First.Compute<TTile>(frame, slabs);
        TTile.Synchronize();
        return first.Times(Second.Compute<TTile>(frame, slabs));
    }
}
