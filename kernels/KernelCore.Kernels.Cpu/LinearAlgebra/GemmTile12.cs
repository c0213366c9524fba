using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Twelve rows of two vectors: 24 sums, two vectors of B and a broadcast fill 27 of 32 registers.</summary>
/// <remarks>Lane j of c[i][h] is C[i, 16 h + j]; one fused multiply-add per lane and term, in increasing depth.</remarks>
internal readonly unsafe struct GemmTile12<TOperations, TVector> : IGemmTile
    where TOperations : IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static int Rows => 12;

    public static int Columns => 2 * TOperations.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(int depth, float* a, float* b, nint strideB, float* tile)
    {
        int lanes = TOperations.Lanes;
        TVector c00 = default, c01 = default;
        TVector c10 = default, c11 = default;
        TVector c20 = default, c21 = default;
        TVector c30 = default, c31 = default;
        TVector c40 = default, c41 = default;
        TVector c50 = default, c51 = default;
        TVector c60 = default, c61 = default;
        TVector c70 = default, c71 = default;
        TVector c80 = default, c81 = default;
        TVector c90 = default, c91 = default;
        TVector c100 = default, c101 = default;
        TVector c110 = default, c111 = default;
        for (; depth > 0; depth--)
        {
            TVector b0 = TOperations.Load(b), b1 = TOperations.Load(b + lanes);
            TVector a0 = TOperations.Broadcast(a[0]);
            c00 = TOperations.MultiplyAdd(a0, b0, c00);
            c01 = TOperations.MultiplyAdd(a0, b1, c01);
            TVector a1 = TOperations.Broadcast(a[1]);
            c10 = TOperations.MultiplyAdd(a1, b0, c10);
            c11 = TOperations.MultiplyAdd(a1, b1, c11);
            TVector a2 = TOperations.Broadcast(a[2]);
            c20 = TOperations.MultiplyAdd(a2, b0, c20);
            c21 = TOperations.MultiplyAdd(a2, b1, c21);
            TVector a3 = TOperations.Broadcast(a[3]);
            c30 = TOperations.MultiplyAdd(a3, b0, c30);
            c31 = TOperations.MultiplyAdd(a3, b1, c31);
            TVector a4 = TOperations.Broadcast(a[4]);
            c40 = TOperations.MultiplyAdd(a4, b0, c40);
            c41 = TOperations.MultiplyAdd(a4, b1, c41);
            TVector a5 = TOperations.Broadcast(a[5]);
            c50 = TOperations.MultiplyAdd(a5, b0, c50);
            c51 = TOperations.MultiplyAdd(a5, b1, c51);
            TVector a6 = TOperations.Broadcast(a[6]);
            c60 = TOperations.MultiplyAdd(a6, b0, c60);
            c61 = TOperations.MultiplyAdd(a6, b1, c61);
            TVector a7 = TOperations.Broadcast(a[7]);
            c70 = TOperations.MultiplyAdd(a7, b0, c70);
            c71 = TOperations.MultiplyAdd(a7, b1, c71);
            TVector a8 = TOperations.Broadcast(a[8]);
            c80 = TOperations.MultiplyAdd(a8, b0, c80);
            c81 = TOperations.MultiplyAdd(a8, b1, c81);
            TVector a9 = TOperations.Broadcast(a[9]);
            c90 = TOperations.MultiplyAdd(a9, b0, c90);
            c91 = TOperations.MultiplyAdd(a9, b1, c91);
            TVector a10 = TOperations.Broadcast(a[10]);
            c100 = TOperations.MultiplyAdd(a10, b0, c100);
            c101 = TOperations.MultiplyAdd(a10, b1, c101);
            TVector a11 = TOperations.Broadcast(a[11]);
            c110 = TOperations.MultiplyAdd(a11, b0, c110);
            c111 = TOperations.MultiplyAdd(a11, b1, c111);
            a += 12;
            b += strideB;
        }

        TOperations.Store(c00, tile + (0 * lanes));
        TOperations.Store(c01, tile + (1 * lanes));
        TOperations.Store(c10, tile + (2 * lanes));
        TOperations.Store(c11, tile + (3 * lanes));
        TOperations.Store(c20, tile + (4 * lanes));
        TOperations.Store(c21, tile + (5 * lanes));
        TOperations.Store(c30, tile + (6 * lanes));
        TOperations.Store(c31, tile + (7 * lanes));
        TOperations.Store(c40, tile + (8 * lanes));
        TOperations.Store(c41, tile + (9 * lanes));
        TOperations.Store(c50, tile + (10 * lanes));
        TOperations.Store(c51, tile + (11 * lanes));
        TOperations.Store(c60, tile + (12 * lanes));
        TOperations.Store(c61, tile + (13 * lanes));
        TOperations.Store(c70, tile + (14 * lanes));
        TOperations.Store(c71, tile + (15 * lanes));
        TOperations.Store(c80, tile + (16 * lanes));
        TOperations.Store(c81, tile + (17 * lanes));
        TOperations.Store(c90, tile + (18 * lanes));
        TOperations.Store(c91, tile + (19 * lanes));
        TOperations.Store(c100, tile + (20 * lanes));
        TOperations.Store(c101, tile + (21 * lanes));
        TOperations.Store(c110, tile + (22 * lanes));
        TOperations.Store(c111, tile + (23 * lanes));
    }

    public static void Merge(float alpha, float* tile, float beta, float* c, nint strideC, float* bias) =>
        GemmMerge<TOperations, TVector>.Merge(Rows, alpha, tile, beta, c, strideC, bias);
}
