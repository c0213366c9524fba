using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>What a reduction adds up, element by element, in double.</summary>
internal interface ITerm
{
    /// <summary>The terms of elements i, ..., i + TLanes.Count - 1.</summary>
    /// <param name="i">First element.</param>
    /// <param name="center">A constant of the sum (a mean), ignored by terms that need none.</param>
    TLanes At<TLanes>(nint i, TLanes center)
        where TLanes : struct, IDoubleLanes<TLanes>;
}

/// <summary>x_i.</summary>
internal readonly unsafe struct Value(float* x) : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes At<TLanes>(nint i, TLanes center)
        where TLanes : struct, IDoubleLanes<TLanes> => TLanes.Load(x + i);
}

/// <summary>(x_i - center)^2.</summary>
internal readonly unsafe struct SquaredDeviation(float* x) : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes At<TLanes>(nint i, TLanes center)
        where TLanes : struct, IDoubleLanes<TLanes>
    {
        TLanes deviation = TLanes.Load(x + i) - center;
        return deviation * deviation;
    }
}

/// <summary>x_i y_i, exact in double.</summary>
internal readonly unsafe struct Product(float* x, float* y) : ITerm
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes At<TLanes>(nint i, TLanes center)
        where TLanes : struct, IDoubleLanes<TLanes> => TLanes.Load(x + i) * TLanes.Load(y + i);
}

/// <summary>Sums in double, in an order that depends on the extents and the register width only.</summary>
internal static unsafe class Reduction
{
    /// <summary>Columns that <see cref="Columns"/> is meant to take at a time: two cache lines of float32 per row and more.</summary>
    public const int ColumnBlock = 64;

    /// <summary>Sum of the terms of <paramref name="count"/> elements.</summary>
    public static double Sum<TTerm>(nint first, nint count, TTerm term, double center = 0)
        where TTerm : struct, ITerm =>
        DoubleLanes8.IsSupported ? Sum<TTerm, DoubleLanes8>(first, count, term, center) : Sum<TTerm, DoubleLanes>(first, count, term, center);

    /// <summary>Sums of the columns [first, first + width) of a row-major matrix, each in increasing row.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Elements between rows.</param>
    /// <param name="first">First column.</param>
    /// <param name="width">Number of columns.</param>
    /// <param name="term">What to add for an element.</param>
    /// <param name="centers">[width], the constant of each column.</param>
    /// <param name="sums">[width], overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TTerm>(nint rows, nint stride, nint first, nint width, TTerm term, double* centers, double* sums)
        where TTerm : struct, ITerm
    {
        new Span<double>(sums, (int)width).Clear();
        for (nint row = 0; row < rows; row++)
        {
            nint start = (row * stride) + first, j = 0;
            for (; j + DoubleLanes.Count <= width; j += DoubleLanes.Count)
            {
                (DoubleLanes.Load(sums + j) + term.At(start + j, DoubleLanes.Load(centers + j))).Store(sums + j);
            }

            for (; j < width; j++)
            {
                sums[j] += term.At(start + j, DoubleLane.Load(centers + j)).Sum();
            }
        }
    }

    /// <summary>Four accumulators hide the latency of the addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum<TTerm, TLanes>(nint first, nint count, TTerm term, double center)
        where TTerm : struct, ITerm
        where TLanes : struct, IDoubleLanes<TLanes>
    {
        nint lanes = TLanes.Count, i = first, end = first + count;
        TLanes wide = TLanes.Broadcast(center), s0 = TLanes.Broadcast(0), s1 = s0, s2 = s0, s3 = s0;
        for (; i + (4 * lanes) <= end; i += 4 * lanes)
        {
            s0 += term.At(i, wide);
            s1 += term.At(i + lanes, wide);
            s2 += term.At(i + (2 * lanes), wide);
            s3 += term.At(i + (3 * lanes), wide);
        }

        for (; i + lanes <= end; i += lanes)
        {
            s0 += term.At(i, wide);
        }

        double sum = ((s0 + s1) + (s2 + s3)).Sum();
        for (; i < end; i++)
        {
            sum += term.At(i, DoubleLane.Broadcast(center)).Sum();
        }

        return sum;
    }
}
