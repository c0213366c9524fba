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
        where TRight : struct, IOperand => new()
        {
            Left = left, Right = right, Depth = depth, Parts = new(split.Parts), PartDepth = split.Depth,
            Words = left.IsInWords && right.IsInWords && (split.Parts == 1 || split.Depth % 4 == 0) ? 1 : 0,
        };

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
    public Divisor Parts;
    public int Depth, PartDepth;

    /// <summary>Whether both operands, and the parts, allow loads of 16 bytes.</summary>
    public int Words;

    public static int Held => 1;

    /// <summary>In a loop: there is the code of a sink, and its shared memory, once.</summary>
    public readonly void HandTo<TTile, TSums, TSink>(TSink sink, TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TSink : struct, ISink
    {
        if (TTile.Reach == 1)
        {
            sink.Take<TTile>(frame, Square<TTile, TSums>(frame, slabs));
            return;
        }

        TSums sums = Compute<TTile, TSums>(frame, slabs);
        for (int k = 0; k < TTile.Reach * TTile.Reach; k++)
        {
            TileFrame place = frame.Square(k / TTile.Reach, k % TTile.Reach, 4 * TTile.Side);
            if (place.FirstRow < frame.Rows && place.FirstColumn < frame.Columns)
            {
                sink.Take<TTile>(place, TTile.First(sums, slabs));
                TTile.Synchronize();
            }

            sums = TTile.Rest(sums);
        }
    }

    public readonly Quad Square<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.First(Compute<TTile, TSums>(frame, slabs), slabs);

    private readonly TSums Compute<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        int batch = Parts.Quotient(frame.Batch), begin = Parts.Remainder(frame.Batch, batch) * PartDepth, end = begin + IntrinsicMath.Min(PartDepth, Depth - begin);
        var left = new SlabSource(batch, frame.FirstRow, frame.Rows, slabs.SubView(0, TTile.SlabWords));
        var right = new SlabSource(batch, frame.FirstColumn, frame.Columns, slabs.SubView(TTile.SlabWords, TTile.SlabWords));
        bool words = TLeft.HasWords && TRight.HasWords && Words != 0 && (Left.DepthIsContiguous || frame.Rows % 4 == 0) && (Right.DepthIsContiguous || frame.Columns % 4 == 0);
        TSums sums = TTile.Zero();
        for (int term = begin; term < end; term += TTile.Slab)
        {
            // What a slab lacks is zero, which only the second way checks for. By counts: after an "if" ILGPU writes down twice what follows, barriers and all.
            int count = SlabWalk.Length<TTile, TSums>(), inWords = words & term + TTile.Slab <= end ? count : 0;
            BringWords<TTile, TSums>(inWords, left, right, term);
            BringElements<TTile, TSums>(count - inWords, left, right, term, end);

            TTile.Synchronize();
            sums = TTile.MultiplyAdd(sums, left.Slab, right.Slab, IntrinsicMath.Min(TTile.Slab, end - term));

            // Also after the last turn: NVIDIA's compiler for OpenCL gets a barrier wrong that the first turn leaves out.
            TTile.Synchronize();
        }

        return sums;
    }

    /// <summary>A slab of both operands, as so many words of each for every thread: all or none. All that go at a time are under way before the first is waited for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void BringWords<TTile, TSums>(int count, SlabSource left, SlabSource right, int term)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        SlabWalk l = SlabWalk.Of<TTile, TSums>(Left.DepthIsContiguous), r = SlabWalk.Of<TTile, TSums>(Right.DepthIsContiguous);
        int step = TTile.Fetches, near = IntrinsicMath.Min(step, 2);
        for (int k = 0; k < count; k += step)
        {
            WordPair x = left.Words(Left, l, near, term), y = right.Words(Right, r, near, term), z = default, w = default;
            if (step > 2)
            {
                z = left.Words(Left, l.Skip(2), 2, term);
                w = right.Words(Right, r.Skip(2), 2, term);
            }

            left.Put<TTile, TSums>(l, near, Left.DepthIsContiguous, x);
            right.Put<TTile, TSums>(r, near, Right.DepthIsContiguous, y);
            if (step > 2)
            {
                left.Put<TTile, TSums>(l.Skip(2), 2, Left.DepthIsContiguous, z);
                right.Put<TTile, TSums>(r.Skip(2), 2, Right.DepthIsContiguous, w);
            }

            l = l.Skip(step);
            r = r.Skip(step);
        }
    }

    /// <summary>The same element by element. Half as many at a time: what ILGPU has to inline for more takes it seconds, needed or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void BringElements<TTile, TSums>(int count, SlabSource left, SlabSource right, int term, int end)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        SlabWalk l = SlabWalk.Of<TTile, TSums>(Left.DepthIsContiguous), r = SlabWalk.Of<TTile, TSums>(Right.DepthIsContiguous);
        int step = IntrinsicMath.Min(TTile.Fetches, 2);
        for (int k = 0; k < count; k += step)
        {
            WordPair x = left.Elements(Left, l, step, term, end), y = right.Elements(Right, r, step, term, end);
            left.Put<TTile, TSums>(l, step, Left.DepthIsContiguous, x);
            right.Put<TTile, TSums>(r, step, Right.DepthIsContiguous, y);
            l = l.Skip(step);
            r = r.Skip(step);
        }
    }
}

/// <summary>The elementwise product of two factors, in registers: of tiles of one square.</summary>
internal struct Hadamard<TFirst, TSecond> : IFactor
    where TFirst : struct, IFactor
    where TSecond : struct, IFactor
{
    public TFirst First;
    public TSecond Second;

    public static int Held => TFirst.Held + TSecond.Held;

    public readonly void HandTo<TTile, TSums, TSink>(TSink sink, TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TSink : struct, ISink => sink.Take<TTile>(frame, Square<TTile, TSums>(frame, slabs));

    public readonly Quad Square<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        Quad first = First.Square<TTile, TSums>(frame, slabs);
        TTile.Synchronize();
        return first.Times(Second.Square<TTile, TSums>(frame, slabs));
    }
}
