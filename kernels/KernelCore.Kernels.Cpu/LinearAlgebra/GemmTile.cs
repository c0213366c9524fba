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
        TLanes c00 = default, c01 = default;
        TLanes c10 = default, c11 = default;
        TLanes c20 = default, c21 = default;
        TLanes c30 = default, c31 = default;
        TLanes c40 = default, c41 = default;
        TLanes c50 = default, c51 = default;
        TLanes c60 = default, c61 = default;
        TLanes c70 = default, c71 = default;
        TLanes c80 = default, c81 = default;
        TLanes c90 = default, c91 = default;
        TLanes c100 = default, c101 = default;
        TLanes c110 = default, c111 = default;
        for (; depth != 0; depth--)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            TSource.AddRow(ref c00, ref c01, a, rowA, 0, b0, b1);
            TSource.AddRow(ref c10, ref c11, a, rowA, 1, b0, b1);
            TSource.AddRow(ref c20, ref c21, a, rowA, 2, b0, b1);
            TSource.AddRow(ref c30, ref c31, a, rowA, 3, b0, b1);

            if (TRows.Value > 4)
            {
                TSource.AddRow(ref c40, ref c41, a, rowA, 4, b0, b1);
                TSource.AddRow(ref c50, ref c51, a, rowA, 5, b0, b1);
            }

            if (TRows.Value > 6)
            {
                TSource.AddRow(ref c60, ref c61, a, rowA, 6, b0, b1);
                TSource.AddRow(ref c70, ref c71, a, rowA, 7, b0, b1);
            }

            if (TRows.Value > 8)
            {
                TSource.AddRow(ref c80, ref c81, a, rowA, 8, b0, b1);
                TSource.AddRow(ref c90, ref c91, a, rowA, 9, b0, b1);
                TSource.AddRow(ref c100, ref c101, a, rowA, 10, b0, b1);
                TSource.AddRow(ref c110, ref c111, a, rowA, 11, b0, b1);
            }

            a += depthA;
            b += strideB;
        }

        TEnd.Take(target, 0, c00, c01, c10, c11);
        TEnd.Take(target, 2, c20, c21, c30, c31);

        if (TRows.Value > 4)
        {
            TEnd.Take(target, 4, c40, c41, c50, c51);
        }

        if (TRows.Value > 6)
        {
            TEnd.Take(target, 6, c60, c61, c70, c71);
        }

        if (TRows.Value > 8)
        {
            TEnd.Take(target, 8, c80, c81, c90, c91);
            TEnd.Take(target, 10, c100, c101, c110, c111);
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
        /// <summary>Adds the products of one element of A, of the row given, with two registers of B.</summary>
        static abstract void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, TLanes b0, TLanes b1);
    }

    /// <summary>Neighbouring rows are neighbours in memory: addresses are constants to the JIT.</summary>
    /// <remarks>
    /// Two rows of three read their element as part of both multiply-adds, the third reads it once into a register: 33 instructions
    /// for 24 multiply-adds, and 22 reads, which both stay below what a processor does in the 12 cycles of these.
    /// </remarks>
    private readonly struct Panel : ISource
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, TLanes b0, TLanes b1)
        {
            if (row % 3 == 2)
            {
                TLanes element = TLanes.Broadcast(a[row]);
                left.AddProduct(element, b0);
                right.AddProduct(element, b1);
            }
            else
            {
                left.AddProduct(a + row, b0);
                right.AddProduct(a + row, b1);
            }
        }
    }

    /// <summary>
    /// An address adds none, one or two strides to a pointer, one pointer for three rows. A multiply-add with such an address would be split
    /// in two: each element is read into a register.
    /// </summary>
    private readonly struct Strided : ISource
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void AddRow(ref TLanes left, ref TLanes right, float* a, nint stride, int row, TLanes b0, TLanes b1)
        {
            TLanes element = TLanes.Broadcast(*(a + (row / 3 * 3 * stride) + (row % 3 * stride)));
            left.AddProduct(element, b0);
            right.AddProduct(element, b1);
        }
    }
}
