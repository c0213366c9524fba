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
    /// <param name="a">[depth, <see cref="Rows"/>], contiguous.</param>
    /// <param name="b">[depth, <see cref="Columns"/>] with a row stride.</param>
    /// <param name="strideB">Floats between rows of b.</param>
    /// <param name="target">c and what is added to it.</param>
    public static void Multiply(int rows, int depth, float* a, float* b, nint strideB, in GemmTarget target)
    {
        switch (RowsComputed(rows))
        {
            case 12:
                Multiply<TwelveRows>(depth, a, b, strideB, target);
                break;
            case 8:
                Multiply<EightRows>(depth, a, b, strideB, target);
                break;
            case 6:
                Multiply<SixRows>(depth, a, b, strideB, target);
                break;
            default:
                Multiply<FourRows>(depth, a, b, strideB, target);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply<TRows>(int depth, float* a, float* b, nint strideB, in GemmTarget target)
        where TRows : struct, IRowCount
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
        for (; depth > 0; depth--)
        {
            TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Count);
            TLanes a0 = TLanes.Broadcast(a[0]);
            c00 = TLanes.MultiplyAdd(a0, b0, c00);
            c01 = TLanes.MultiplyAdd(a0, b1, c01);
            TLanes a1 = TLanes.Broadcast(a[1]);
            c10 = TLanes.MultiplyAdd(a1, b0, c10);
            c11 = TLanes.MultiplyAdd(a1, b1, c11);
            TLanes a2 = TLanes.Broadcast(a[2]);
            c20 = TLanes.MultiplyAdd(a2, b0, c20);
            c21 = TLanes.MultiplyAdd(a2, b1, c21);
            TLanes a3 = TLanes.Broadcast(a[3]);
            c30 = TLanes.MultiplyAdd(a3, b0, c30);
            c31 = TLanes.MultiplyAdd(a3, b1, c31);

            if (TRows.Count > 4)
            {
                TLanes a4 = TLanes.Broadcast(a[4]);
                c40 = TLanes.MultiplyAdd(a4, b0, c40);
                c41 = TLanes.MultiplyAdd(a4, b1, c41);
                TLanes a5 = TLanes.Broadcast(a[5]);
                c50 = TLanes.MultiplyAdd(a5, b0, c50);
                c51 = TLanes.MultiplyAdd(a5, b1, c51);
            }

            if (TRows.Count > 6)
            {
                TLanes a6 = TLanes.Broadcast(a[6]);
                c60 = TLanes.MultiplyAdd(a6, b0, c60);
                c61 = TLanes.MultiplyAdd(a6, b1, c61);
                TLanes a7 = TLanes.Broadcast(a[7]);
                c70 = TLanes.MultiplyAdd(a7, b0, c70);
                c71 = TLanes.MultiplyAdd(a7, b1, c71);
            }

            if (TRows.Count > 8)
            {
                TLanes a8 = TLanes.Broadcast(a[8]);
                c80 = TLanes.MultiplyAdd(a8, b0, c80);
                c81 = TLanes.MultiplyAdd(a8, b1, c81);
                TLanes a9 = TLanes.Broadcast(a[9]);
                c90 = TLanes.MultiplyAdd(a9, b0, c90);
                c91 = TLanes.MultiplyAdd(a9, b1, c91);
                TLanes a10 = TLanes.Broadcast(a[10]);
                c100 = TLanes.MultiplyAdd(a10, b0, c100);
                c101 = TLanes.MultiplyAdd(a10, b1, c101);
                TLanes a11 = TLanes.Broadcast(a[11]);
                c110 = TLanes.MultiplyAdd(a11, b0, c110);
                c111 = TLanes.MultiplyAdd(a11, b1, c111);
            }

            a += Rows;
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
