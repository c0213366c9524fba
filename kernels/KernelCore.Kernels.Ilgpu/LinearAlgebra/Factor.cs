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

    public readonly void HandTo<TTile, TSums, TSink>(TSink sink, TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TSink : struct, ISink => TTile.HandTo(sink, frame, Compute<TTile, TSums>(frame, slabs), slabs);

    public readonly Quad Square<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.First(Compute<TTile, TSums>(frame, slabs), slabs);

    private readonly TSums Compute<TTile, TSums>(TileFrame frame, ArrayView<Float4> slabs)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        int batch = Parts.Quotient(frame.Batch), begin = Parts.Remainder(frame.Batch, batch) * PartDepth, end = begin + IntrinsicMath.Min(PartDepth, Depth - begin);
        var left = new SlabSource(batch, frame.FirstRow, frame.Rows, slabs.SubView(0, TTile.SlabWords), SlabWalk.Of<TTile, TSums>(Left.DepthIsContiguous));
        var right = new SlabSource(batch, frame.FirstColumn, frame.Columns, slabs.SubView(TTile.SlabWords, TTile.SlabWords), SlabWalk.Of<TTile, TSums>(Right.DepthIsContiguous));
        bool words = TLeft.HasWords && TRight.HasWords && Words != 0 && (Left.DepthIsContiguous || frame.Rows % 4 == 0) && (Right.DepthIsContiguous || frame.Columns % 4 == 0);
        TSums sums = TTile.Zero();
        for (int term = begin; term < end; term += TTile.Slab)
        {
            TTile.Bring(this, left, right, term, end, words & term + TTile.Slab <= end);

            TTile.Synchronize();
            sums = TTile.MultiplyAdd(sums, left.Slab, right.Slab, IntrinsicMath.Min(TTile.Slab, end - term));

            // Also after the last turn: NVIDIA's compiler for OpenCL gets a barrier wrong that the first turn leaves out.
            TTile.Synchronize();
        }

        return sums;
    }

    /// <summary>Brings a slab of both operands to shared memory, in words where they are.</summary>
    /// <typeparam name="TTile">The tile.</typeparam>
    /// <typeparam name="TSums">Its sums.</typeparam>
    /// <typeparam name="TWords">What a thread has under way of words.</typeparam>
    /// <typeparam name="TElements">The same where they come element by element.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Bring<TTile, TSums, TWords, TElements>(SlabSource left, SlabSource right, int term, int end, bool inWords)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TWords : struct, IFetch<TWords>
        where TElements : struct, IFetch<TElements>
    {
        // What a slab lacks is zero, which only the second way checks for. By counts: after an "if" ILGPU writes down twice what follows, barriers and all.
        int count = SlabWalk.Length<TTile, TSums>(), words = inWords ? count : 0;
        Bring<TTile, TSums, TWords, WholeLoad>(words, left, right, term, end);
        Bring<TTile, TSums, TElements, ElementLoads>(count - words, left, right, term, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Bring<TTile, TSums, TFetch, TLoad>(int count, SlabSource left, SlabSource right, int term, int end)
        where TTile : struct, ITile<TSums>
        where TSums : struct
        where TFetch : struct, IFetch<TFetch>
        where TLoad : struct, ILoad
    {
        SlabWalk l = left.Start, r = right.Start;
        for (int k = 0; k < count; k += TFetch.Words)
        {
            TFetch x = TFetch.Load<TLoad, TLeft>(left, Left, l, term, end), y = TFetch.Load<TLoad, TRight>(right, Right, r, term, end);
            x.Put<TTile, TSums>(left.Slab, l, Left.DepthIsContiguous);
            y.Put<TTile, TSums>(right.Slab, r, Right.DepthIsContiguous);
            l = l.Skip(TFetch.Words);
            r = r.Skip(TFetch.Words);
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
