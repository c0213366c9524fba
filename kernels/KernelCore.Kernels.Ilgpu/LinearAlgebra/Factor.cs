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

/// <summary>
/// L R^T: the group brings slabs of both operands into shared memory, each thread keeps 4 x 4 sums in registers. Every
/// element is summed in increasing depth.
/// </summary>
internal struct Factor<TLeft, TRight> : IFactor
    where TLeft : struct, IOperand
    where TRight : struct, IOperand
{
    public TLeft Left;
    public TRight Right;
    public int Depth;

    public readonly Quad Compute<TTile>(TileFrame frame, ArrayView<Float4> left, ArrayView<Float4> right)
        where TTile : struct, ITile
    {
        int down = Group.IdxX / TTile.Side, across = Group.IdxX % TTile.Side;
        Quad sums = default;
        for (int start = 0; start < Depth; start += TTile.Slab)
        {
            if (start > 0)
            {
                TTile.Synchronize();
            }

            Load<TTile, TLeft>(Left, left.Cast<float>(), frame.Batch, frame.FirstRow, frame.Rows, start);
            Load<TTile, TRight>(Right, right.Cast<float>(), frame.Batch, frame.FirstColumn, frame.Columns, start);
            TTile.Synchronize();
            int slab = IntrinsicMath.Min(TTile.Slab, Depth - start);
            for (int p = 0; p < slab; p++)
            {
                sums = sums.AddOuter(left[(p * TTile.Side) + down], right[(p * TTile.Side) + across]);
            }
        }

        return sums;
    }

    /// <summary>Brings a slab to shared memory, depth by depth; zeros beyond the edges.</summary>
    private readonly void Load<TTile, TOperand>(TOperand operand, ArrayView<float> slab, int batch, int first, int end, int start)
        where TTile : struct, ITile
        where TOperand : struct, IOperand
    {
        int extent = 4 * TTile.Side;
        for (int e = Group.IdxX; e < TTile.Slab * extent; e += TTile.Side * TTile.Side)
        {
            // Neighbouring threads take neighbouring addresses.
            int p = operand.DepthIsContiguous ? e % TTile.Slab : e / extent, i = operand.DepthIsContiguous ? e / TTile.Slab : e % extent;
            slab[(p * extent) + i] = first + i < end && start + p < Depth ? operand.At(batch, first + i, start + p) : 0;
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

    public readonly Quad Compute<TTile>(TileFrame frame, ArrayView<Float4> left, ArrayView<Float4> right)
        where TTile : struct, ITile
    {
        Quad first = First.Compute<TTile>(frame, left, right);
        TTile.Synchronize();
        return first.Times(Second.Compute<TTile>(frame, left, right));
    }
}
