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
internal static unsafe class GemmTile<TLanes>
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
        if (rowA == 1)
        {
            Multiply<Panel>(rows, depth, a, rowA, depthA, b, strideB, target);
        }
        else
        {
            Multiply<Strided>(rows, depth, a, rowA, depthA, b, strideB, target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TSource>(int rows, int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
        where TSource : struct, ISource
    {
        switch (RowsComputed(rows))
        {
            case 12:
                Multiply<TwelveRows, TSource>(depth, a, rowA, depthA, b, strideB, target);
                break;
            case 8:
                Multiply<EightRows, TSource>(depth, a, rowA, depthA, b, strideB, target);
                break;
            case 6:
                Multiply<SixRows, TSource>(depth, a, rowA, depthA, b, strideB, target);
                break;
            default:
                Multiply<FourRows, TSource>(depth, a, rowA, depthA, b, strideB, target);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply<TRows, TSource>(int depth, float* a, nint rowA, nint depthA, float* b, nint strideB, in GemmTarget target)
        where TRows : struct, IRowCount
        where TSource : struct, ISource
    {
        Prefetch(TRows.Count, target);
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
        rowA = TSource.RowStride(rowA);
        for (; depth > 0; depth--)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);

            // An address adds none, one or two strides to a pointer: three rows each.
            float* at3 = a + (3 * rowA), at6 = a + (6 * rowA), at9 = a + (9 * rowA);
            TLanes a0 = TLanes.Broadcast(*a);
            c00.AddProduct(a0, b0);
            c01.AddProduct(a0, b1);
            TLanes a1 = TLanes.Broadcast(a[rowA]);
            c10.AddProduct(a1, b0);
            c11.AddProduct(a1, b1);
            TLanes a2 = TLanes.Broadcast(a[2 * rowA]);
            c20.AddProduct(a2, b0);
            c21.AddProduct(a2, b1);
            TLanes a3 = TLanes.Broadcast(*at3);
            c30.AddProduct(a3, b0);
            c31.AddProduct(a3, b1);

            if (TRows.Count > 4)
            {
                TLanes a4 = TLanes.Broadcast(at3[rowA]);
                c40.AddProduct(a4, b0);
                c41.AddProduct(a4, b1);
                TLanes a5 = TLanes.Broadcast(at3[2 * rowA]);
                c50.AddProduct(a5, b0);
                c51.AddProduct(a5, b1);
            }

            if (TRows.Count > 6)
            {
                TLanes a6 = TLanes.Broadcast(*at6);
                c60.AddProduct(a6, b0);
                c61.AddProduct(a6, b1);
                TLanes a7 = TLanes.Broadcast(at6[rowA]);
                c70.AddProduct(a7, b0);
                c71.AddProduct(a7, b1);
            }

            if (TRows.Count > 8)
            {
                TLanes a8 = TLanes.Broadcast(at6[2 * rowA]);
                c80.AddProduct(a8, b0);
                c81.AddProduct(a8, b1);
                TLanes a9 = TLanes.Broadcast(*at9);
                c90.AddProduct(a9, b0);
                c91.AddProduct(a9, b1);
                TLanes a10 = TLanes.Broadcast(at9[rowA]);
                c100.AddProduct(a10, b0);
                c101.AddProduct(a10, b1);
                TLanes a11 = TLanes.Broadcast(at9[2 * rowA]);
                c110.AddProduct(a11, b0);
                c111.AddProduct(a11, b1);
            }

            a += depthA;
            b += strideB;
        }

        Store(target, 0, c00, c01);
        Store(target, 1, c10, c11);
        Store(target, 2, c20, c21);
        Store(target, 3, c30, c31);

        if (TRows.Count > 4)
        {
            Store(target, 4, c40, c41);
            Store(target, 5, c50, c51);
        }

        if (TRows.Count > 6)
        {
            Store(target, 6, c60, c61);
            Store(target, 7, c70, c71);
        }

        if (TRows.Count > 8)
        {
            Store(target, 8, c80, c81);
            Store(target, 9, c90, c91);
            Store(target, 10, c100, c101);
            Store(target, 11, c110, c111);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in GemmTarget target, int row, TLanes left, TLanes right)
    {
        float* c = target.C + (row * target.RowC);
        TLanes alpha = TLanes.Broadcast(target.Alpha);
        if (target.Beta == 0)
        {
            left = alpha * left;
            right = alpha * right;
        }
        else
        {
            TLanes beta = TLanes.Broadcast(target.Beta);
            left = TLanes.MultiplyAdd(alpha, left, beta * TLanes.Load(c));
            right = TLanes.MultiplyAdd(alpha, right, beta * TLanes.Load(c + TLanes.Count));
        }

        if (target.Bias != null)
        {
            float* bias = target.Bias + (row * target.RowBias);
            left += target.RowBias == 0 ? TLanes.Load(bias) : TLanes.Broadcast(*bias);
            right += target.RowBias == 0 ? TLanes.Load(bias + TLanes.Count) : TLanes.Broadcast(*bias);
        }

        left.Store(c);
        right.Store(c + TLanes.Count);
    }

    private interface ISource
    {
        static abstract nint RowStride(nint given);
    }

    /// <summary>Neighbouring rows are neighbours in memory: the stride is a constant to the JIT, and addresses cost nothing.</summary>
    private readonly struct Panel : ISource
    {
        public static nint RowStride(nint given) => 1;
    }

    private readonly struct Strided : ISource
    {
        public static nint RowStride(nint given) => given;
    }

    private interface IRowCount
    {
        static abstract int Count { get; }
    }

    private readonly struct TwelveRows : IRowCount
    {
        public static int Count => 12;
    }

    private readonly struct EightRows : IRowCount
    {
        public static int Count => 8;
    }

    private readonly struct SixRows : IRowCount
    {
        public static int Count => 6;
    }

    private readonly struct FourRows : IRowCount
    {
        public static int Count => 4;
    }
}
