using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Factors of products.</summary>
internal static class Factor
{
    /// <summary>L R^T, summed over a depth.</summary>
    public static Factor<TLeft, TRight> Of<TLeft, TRight>(TLeft left, TRight right, int depth)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => InParts(left, right, depth, new DepthSplit(1, depth));

    /// <summary>The same in parts of the depth: those of each matrix follow one another in the batch.</summary>
    public static Factor<TLeft, TRight> InParts<TLeft, TRight>(TLeft left, TRight right, int depth, DepthSplit split)
        where TLeft : struct, IOperand
        where TRight : struct, IOperand => new() { Left = left, Right = right, Depth = depth, Parts = split.Parts, PartDepth = split.Depth };

    /// <summary>The elementwise product of two factors.</summary>
    public static Hadamard<TFirst, TSecond> Hadamard<TFirst, TSecond>(TFirst first, TSecond second)
        where TFirst : struct, IFactor
        where TSecond : struct, IFactor => new() { First = first, Second = second };
}

/// <summary>L R^T, or a part of its depth: the group brings slabs of both operands into shared memory and adds their products, in increasing depth.</summary>
internal struct Factor<TLeft, TRight> : IFactor
    where TLeft : struct, IOperand
    where TRight : struct, IOperand
{
    public TLeft Left;
    public TRight Right;
    public int Depth, Parts, PartDepth;

    public static int Held => 1;

    public readonly TSums Compute<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums>
    {
        ArrayView<Float4> left = slabs.SubView(0, TTile.SlabWords), right = slabs.SubView(TTile.SlabWords, TTile.SlabWords);
        int batch = frame.Batch / Parts, begin = frame.Batch % Parts * PartDepth, end = begin + IntrinsicMath.Min(PartDepth, Depth - begin);
        TSums sums = TTile.Zero();
        for (int start = begin; start < end; start += TTile.Slab)
        {
            SlabWalk l = SlabWalk.Of<TTile, TSums>(Left.DepthIsContiguous), r = SlabWalk.Of<TTile, TSums>(Right.DepthIsContiguous);
            for (int k = 0; k < SlabWalk.Length<TTile, TSums>(); k += TTile.Fetches)
            {
                // All loads are under way before the first is waited for.
                SlabWalk farLeft = l.Next().Next().Next().Next(), farRight = r.Next().Next().Next().Next();
                Float4 x = Fetch(Left, l, batch, frame.FirstRow, frame.Rows, start, end), y = Fetch(Right, r, batch, frame.FirstColumn, frame.Columns, start, end);
                Float4 z = default, w = default;
                if (TTile.Fetches == 8)
                {
                    z = Fetch(Left, farLeft, batch, frame.FirstRow, frame.Rows, start, end);
                    w = Fetch(Right, farRight, batch, frame.FirstColumn, frame.Columns, start, end);
                }

                Put<TTile, TSums>(left, l, x);
                Put<TTile, TSums>(right, r, y);
                if (TTile.Fetches == 8)
                {
                    Put<TTile, TSums>(left, farLeft, z);
                    Put<TTile, TSums>(right, farRight, w);
                }

                l = TTile.Fetches == 8 ? farLeft.Next().Next().Next().Next() : farLeft;
                r = TTile.Fetches == 8 ? farRight.Next().Next().Next().Next() : farRight;
            }

            TTile.Synchronize();
            sums = TTile.MultiplyAdd(sums, left, right, IntrinsicMath.Min(TTile.Slab, end - start));

            // Also after the last turn: NVIDIA's compiler for OpenCL gets a barrier wrong that the first turn leaves out.
            TTile.Synchronize();
        }

        return TTile.Collect(sums, slabs);
    }

    /// <summary>Four elements; they are under way together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Fetch<TOperand>(TOperand operand, SlabWalk at, int batch, int first, int rows, int start, int end)
        where TOperand : struct, IOperand
    {
        SlabWalk second = at.Next(), third = second.Next(), fourth = third.Next();
        return new()
        {
            X = Element(operand, batch, first + at.Row, rows, start + at.Term, end),
            Y = Element(operand, batch, first + second.Row, rows, start + second.Term, end),
            Z = Element(operand, batch, first + third.Row, rows, start + third.Term, end),
            W = Element(operand, batch, first + fourth.Row, rows, start + fourth.Term, end),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, Float4 elements)
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums>
    {
        SlabWalk second = at.Next(), third = second.Next(), fourth = third.Next();
        TTile.Put(slab, at.Row, at.Term, elements.X);
        TTile.Put(slab, second.Row, second.Term, elements.Y);
        TTile.Put(slab, third.Row, third.Term, elements.Z);
        TTile.Put(slab, fourth.Row, fourth.Term, elements.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Element<TOperand>(TOperand operand, int batch, int row, int rows, int term, int end)
        where TOperand : struct, IOperand => row < rows && term < end ? operand.At(batch, row, term) : 0;
}

/// <summary>The elementwise product of two factors, in registers.</summary>
internal struct Hadamard<TFirst, TSecond> : IFactor
    where TFirst : struct, IFactor
    where TSecond : struct, IFactor
{
    public TFirst First;
    public TSecond Second;

    public static int Held => TFirst.Held + TSecond.Held;

    public readonly TSums Compute<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct, ISums<TSums>
    {
        TSums first = First.Compute<TTile, TSums>(frame, slabs);
        TTile.Synchronize();
        return first.Times(Second.Compute<TTile, TSums>(frame, slabs));
    }
}
