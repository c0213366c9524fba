using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>A tile of C that fits the registers: the innermost kernel of a matrix product.</summary>
/// <remarks>
/// Twelve rows of two registers make 24 sums; with two registers of B and a broadcast they fill 27 of the 32 that AVX-512
/// has. Elsewhere it is six rows, 15 of 16 registers: the JIT drops the other rows, because <see cref="Rows"/> is a
/// constant. Lane j of c[i][h] is C[i, h Count + j]; one multiply-add per lane and term, in increasing depth.
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

    /// <summary>tile[i, j] = sum over p of a[p, i] b[p, j], in increasing p from zero.</summary>
    /// <param name="depth">Terms; may be 0.</param>
    /// <param name="a">[depth, <see cref="Rows"/>], contiguous.</param>
    /// <param name="b">[depth, <see cref="Columns"/>] with a row stride.</param>
    /// <param name="strideB">Floats between rows of b.</param>
    /// <param name="tile">[<see cref="Rows"/>, <see cref="Columns"/>], contiguous, overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, float* a, float* b, nint strideB, float* tile)
    {
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
            TLanes a4 = TLanes.Broadcast(a[4]);
            c40 = TLanes.MultiplyAdd(a4, b0, c40);
            c41 = TLanes.MultiplyAdd(a4, b1, c41);
            TLanes a5 = TLanes.Broadcast(a[5]);
            c50 = TLanes.MultiplyAdd(a5, b0, c50);
            c51 = TLanes.MultiplyAdd(a5, b1, c51);
            if (Rows == 12)
            {
                TLanes a6 = TLanes.Broadcast(a[6]);
                c60 = TLanes.MultiplyAdd(a6, b0, c60);
                c61 = TLanes.MultiplyAdd(a6, b1, c61);
                TLanes a7 = TLanes.Broadcast(a[7]);
                c70 = TLanes.MultiplyAdd(a7, b0, c70);
                c71 = TLanes.MultiplyAdd(a7, b1, c71);
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

        Store(0, c00, c01, tile);
        Store(1, c10, c11, tile);
        Store(2, c20, c21, tile);
        Store(3, c30, c31, tile);
        Store(4, c40, c41, tile);
        Store(5, c50, c51, tile);
        if (Rows == 12)
        {
            Store(6, c60, c61, tile);
            Store(7, c70, c71, tile);
            Store(8, c80, c81, tile);
            Store(9, c90, c91, tile);
            Store(10, c100, c101, tile);
            Store(11, c110, c111, tile);
        }
    }

    /// <summary>c[i, j] = alpha tile[i, j] + beta c[i, j] + bias, one per column, or one per row where rowBias is not 0.</summary>
    /// <remarks>With beta 0, c is not read. A null bias is none.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(float alpha, float* tile, float beta, float* c, nint strideC, float* bias, nint rowBias)
    {
        TLanes alphas = TLanes.Broadcast(alpha), betas = TLanes.Broadcast(beta);
        for (int i = 0; i < Rows; i++)
        {
            TLanes r0 = TLanes.Load(tile), r1 = TLanes.Load(tile + TLanes.Count);
            if (beta == 0)
            {
                r0 = alphas * r0;
                r1 = alphas * r1;
            }
            else
            {
                r0 = TLanes.MultiplyAdd(alphas, r0, betas * TLanes.Load(c));
                r1 = TLanes.MultiplyAdd(alphas, r1, betas * TLanes.Load(c + TLanes.Count));
            }

            if (bias != null)
            {
                r0 += rowBias == 0 ? TLanes.Load(bias) : TLanes.Broadcast(*bias);
                r1 += rowBias == 0 ? TLanes.Load(bias + TLanes.Count) : TLanes.Broadcast(*bias);
                bias += rowBias;
            }

            r0.Store(c);
            r1.Store(c + TLanes.Count);
            tile += Columns;
            c += strideC;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int row, TLanes left, TLanes right, float* tile)
    {
        left.Store(tile + (row * Columns));
        right.Store(tile + (row * Columns) + TLanes.Count);
    }
}
