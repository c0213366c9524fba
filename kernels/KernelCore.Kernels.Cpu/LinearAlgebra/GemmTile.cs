using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>A tile of C that fits the registers: the innermost kernel of a matrix product.</summary>
/// <remarks>
/// Twelve rows of two registers make 24 sums; with two registers of B and a broadcast they fill 27 of the 32 that AVX-512
/// has. Elsewhere it is six rows, 15 of 16 registers. The last tile of a column has kernels of fewer rows: the JIT drops the
/// others, because the number of rows is a constant to it. Lane j of c[i][h] is C[i, h Count + j]; one multiply-add per lane
/// and term, in increasing depth.
/// </remarks>
internal static unsafe partial class GemmTile<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Rows of C in a tile: the width of A's panels.</summary>
    public static int Rows
    {
        // Forced, here and below: a call inside the innermost loop would send all sums to memory.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.Count == 16 ? 12 : 6;
    }

    /// <summary>Columns of C in a tile: the width of B's panels.</summary>
    public static int Columns
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 2 * TLanes.Count;
    }

    /// <summary>Rows that the smallest kernel with at least <paramref name="rows"/> of them has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RowsComputed(int rows) => TLanes.Count < 16 ? 6 : rows > 8 ? 12 : rows > 4 ? 8 : 4;

    /// <summary>c[i, j] = alpha sum over p of a[p, i] b[p, j] + beta c[i, j] + bias, the sum in increasing p from zero.</summary>
    /// <param name="rows">Rows that are wanted; <see cref="RowsComputed"/> are computed and stored.</param>
    /// <param name="depth">Terms; may be 0.</param>
    /// <param name="a">Element (p, i) is <c>a[i * rowA + p * depthA]</c>.</param>
    /// <param name="rowA">Floats between rows of the tile in a.</param>
    /// <param name="depthA">Floats between terms in a.</param>
    /// <param name="b">[depth, <see cref="Columns"/>] with a row stride.</param>
    /// <param name="strideB">Floats between rows of b.</param>
    /// <param name="target">c and what is added to it.</param>
    public static void Multiply(int rows, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
    {
        if (target.Dots == null)
        {
            Multiply<Stored>(rows, depth, a, rowA, depthA, b, strideB, target);
        }
        else
        {
            Multiply<Dotted>(rows, depth, a, rowA, depthA, b, strideB, target);
            if (target.BiasDots != null)
            {
                DotBias(RowsComputed(rows), target);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TEnd>(int rows, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
        where TEnd : struct, IEnd
    {
        if (rowA == 1)
        {
            Multiply<Panel, TEnd>(rows, depth, a, rowA, depthA, b, strideB, target);
        }
        else
        {
            Multiply<Strided, TEnd>(rows, depth, a, rowA, depthA, b, strideB, target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TSource, TEnd>(int rows, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
        where TSource : struct, ISource
        where TEnd : struct, IEnd
    {
        switch (RowsComputed(rows))
        {
            case 12:
                Multiply<Twelve, TSource, TEnd>(depth, a, rowA, depthA, b, strideB, target);
                break;
            case 8:
                Multiply<Eight, TSource, TEnd>(depth, a, rowA, depthA, b, strideB, target);
                break;
            case 6:
                Multiply<Six, TSource, TEnd>(depth, a, rowA, depthA, b, strideB, target);
                break;
            default:
                Multiply<Four, TSource, TEnd>(depth, a, rowA, depthA, b, strideB, target);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply<TRows, TSource, TEnd>(int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
        where TRows : struct, ICount
        where TSource : struct, ISource
        where TEnd : struct, IEnd
    {
        Prefetch(TRows.Value, target);
        RowPair c0 = default, c2 = default, c4 = default, c6 = default, c8 = default, c10 = default;
        if (depthA == TSource.Step && strideB == Columns && depth >= 4)
        {
            // Several terms in turn, at constant distances: three instructions less for each, which is what counts where another thread shares the core.
            do
            {
                AddTerm<TRows, TSource>(0, a, rowA, b, ref c0, ref c2, ref c4, ref c6, ref c8, ref c10);
                AddTerm<TRows, TSource>(1, a, rowA, b, ref c0, ref c2, ref c4, ref c6, ref c8, ref c10);
                AddTerm<TRows, TSource>(2, a, rowA, b, ref c0, ref c2, ref c4, ref c6, ref c8, ref c10);
                AddTerm<TRows, TSource>(3, a, rowA, b, ref c0, ref c2, ref c4, ref c6, ref c8, ref c10);
                a += 4 * TSource.Step;
                b += 4 * Columns;
                depth -= 4;
            }
            while (depth >= 4);
        }

        for (; depth != 0; depth--)
        {
            AddTerm<TRows, TSource>(0, a, rowA, b, ref c0, ref c2, ref c4, ref c6, ref c8, ref c10);
            a += depthA;
            b += strideB;
        }

        TEnd.Take(target, 0, c0);
        TEnd.Take(target, 2, c2);

        if (TRows.Value > 4)
        {
            TEnd.Take(target, 4, c4);
        }

        if (TRows.Value > 6)
        {
            TEnd.Take(target, 6, c6);
        }

        if (TRows.Value > 8)
        {
            TEnd.Take(target, 8, c8);
            TEnd.Take(target, 10, c10);
        }
    }

    /// <summary>Adds the products of a term, so many terms from where a and b point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerm<TRows, TSource>(
        int term, float* a, nint rowA, float* b, ref RowPair c0, ref RowPair c2, ref RowPair c4, ref RowPair c6, ref RowPair c8, ref RowPair c10)
        where TRows : struct, ICount
        where TSource : struct, ISource
    {
        TLanes b0 = TLanes.Load(b + (term * Columns)), b1 = TLanes.Load(b + (term * Columns) + TLanes.Count);
        TSource.AddRow(ref c0.Left, ref c0.Right, a, rowA, 0, term, b0, b1);
        TSource.AddRow(ref c0.NextLeft, ref c0.NextRight, a, rowA, 1, term, b0, b1);
        TSource.AddRow(ref c2.Left, ref c2.Right, a, rowA, 2, term, b0, b1);
        TSource.AddRow(ref c2.NextLeft, ref c2.NextRight, a, rowA, 3, term, b0, b1);

        if (TRows.Value > 4)
        {
            TSource.AddRow(ref c4.Left, ref c4.Right, a, rowA, 4, term, b0, b1);
            TSource.AddRow(ref c4.NextLeft, ref c4.NextRight, a, rowA, 5, term, b0, b1);
        }

        if (TRows.Value > 6)
        {
            TSource.AddRow(ref c6.Left, ref c6.Right, a, rowA, 6, term, b0, b1);
            TSource.AddRow(ref c6.NextLeft, ref c6.NextRight, a, rowA, 7, term, b0, b1);
        }

        if (TRows.Value > 8)
        {
            TSource.AddRow(ref c8.Left, ref c8.Right, a, rowA, 8, term, b0, b1);
            TSource.AddRow(ref c8.NextLeft, ref c8.NextRight, a, rowA, 9, term, b0, b1);
            TSource.AddRow(ref c10.Left, ref c10.Right, a, rowA, 10, term, b0, b1);
            TSource.AddRow(ref c10.NextLeft, ref c10.NextRight, a, rowA, 11, term, b0, b1);
        }
    }

    /// <summary>Fetches the lines of c while the sums are formed: they come from farther away than a and b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(int rows, in GemmTarget target)
    {
        if (Sse.IsSupported)
        {
            float* c = target.C;
            for (int i = 0; i < rows; i++)
            {
                Sse.Prefetch0(c);
                Sse.Prefetch0(c + TLanes.Count);
                c += target.RowC;
            }
        }
    }

    /// <summary>How the rows of A lie. Addresses are computed where they are used, so that they become part of an instruction.</summary>
    private interface ISource
    {
        /// <summary>Floats from a term to the next where several are taken in turn.</summary>
        static abstract int Step { get; }

        /// <summary>Adds the products of one element of A, of the row and the term given, with two registers of B.</summary>
        static abstract void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, int term, TLanes b0, TLanes b1);
    }

    /// <summary>Neighbouring rows are neighbours in memory: addresses are constants to the JIT.</summary>
    /// <remarks>
    /// Two rows of three read their element as part of both multiply-adds, the third reads it once into a register: 33 instructions
    /// for 24 multiply-adds, and 22 reads, which both stay below what a processor does in the 12 cycles of these.
    /// </remarks>
    private readonly struct Panel : ISource
    {
        public static int Step
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => Rows;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, int term, TLanes b0, TLanes b1)
        {
            if (row % 3 == 2)
            {
                TLanes element = TLanes.Broadcast(a[(term * Step) + row]);
                left.AddProduct(element, b0);
                right.AddProduct(element, b1);
            }
            else
            {
                left.AddProduct(a + (term * Step) + row, b0);
                right.AddProduct(a + (term * Step) + row, b1);
            }
        }
    }

    /// <summary>
    /// An address adds none, one or two strides to a pointer, one pointer for three rows. A multiply-add with such an address would be split
    /// in two: each element is read into a register.
    /// </summary>
    private readonly struct Strided : ISource
    {
        public static int Step
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => 1;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, int term, TLanes b0, TLanes b1)
        {
            TLanes element = TLanes.Broadcast(*(a + (row / 3 * 3 * stride) + (row % 3 * stride) + (term * Step)));
            left.AddProduct(element, b0);
            right.AddProduct(element, b1);
        }
    }

    /// <summary>The sums of two rows: as many fields as the JIT takes apart into registers.</summary>
    private struct RowPair
    {
        public TLanes Left, Right, NextLeft, NextRight;
    }
}
