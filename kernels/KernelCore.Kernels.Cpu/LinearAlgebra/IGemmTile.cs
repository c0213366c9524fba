using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>A tile of C that fits the registers: the innermost kernel of a matrix product.</summary>
internal unsafe interface IGemmTile
{
    /// <summary>Rows of C in a tile: the width of A's panels.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of C in a tile: the width of B's panels, two vectors.</summary>
    static abstract int Columns { get; }

    /// <summary>tile[i, j] = sum over p of a[p, i] b[p, j], in increasing p from zero.</summary>
    /// <param name="depth">Terms; may be 0.</param>
    /// <param name="a">[depth, <see cref="Rows"/>], contiguous.</param>
    /// <param name="b">[depth, <see cref="Columns"/>] with a row stride.</param>
    /// <param name="strideB">Floats between rows of b.</param>
    /// <param name="tile">[<see cref="Rows"/>, <see cref="Columns"/>], contiguous, overwritten.</param>
    static abstract void Multiply(int depth, float* a, float* b, nint strideB, float* tile);

    /// <summary>c = alpha tile + beta c (+ bias on every row). With beta 0, c is not read.</summary>
    static abstract void Merge(float alpha, float* tile, float beta, float* c, nint strideC, float* bias);
}

/// <summary>The merge that all tiles share.</summary>
internal static unsafe class GemmMerge<TOperations, TVector>
    where TOperations : IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(int rows, float alpha, float* tile, float beta, float* c, nint strideC, float* bias)
    {
        int lanes = TOperations.Lanes;
        TVector alphas = TOperations.Broadcast(alpha), betas = TOperations.Broadcast(beta);
        for (int i = 0; i < rows; i++)
        {
            TVector t0 = TOperations.Load(tile), t1 = TOperations.Load(tile + lanes);
            TVector r0, r1;
            if (beta == 0)
            {
                r0 = TOperations.Multiply(alphas, t0);
                r1 = TOperations.Multiply(alphas, t1);
            }
            else
            {
                r0 = TOperations.MultiplyAdd(alphas, t0, TOperations.Multiply(betas, TOperations.Load(c)));
                r1 = TOperations.MultiplyAdd(alphas, t1, TOperations.Multiply(betas, TOperations.Load(c + lanes)));
            }

            if (bias != null)
            {
                r0 = TOperations.Add(r0, TOperations.Load(bias));
                r1 = TOperations.Add(r1, TOperations.Load(bias + lanes));
            }

            TOperations.Store(r0, c);
            TOperations.Store(r1, c + lanes);
            tile += 2 * lanes;
            c += strideC;
        }
    }
}
