namespace KernelCore.Kernels.Cpu;

/// <summary>Single-threaded matrix product on raw memory, for use inside a task of a parallel loop.</summary>
internal static unsafe class BlockGemm
{
    /// <summary>C = alpha op(A) op(B) + beta C. Row-major with leading dimensions in elements.</summary>
    /// <param name="transposeA">A is stored [k, m] instead of [m, k].</param>
    /// <param name="transposeB">B is stored [n, k] instead of [k, n].</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Terms of each sum; with 0, C = beta C.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">A.</param>
    /// <param name="lda">Floats between rows of A as stored.</param>
    /// <param name="b">B.</param>
    /// <param name="ldb">Floats between rows of B as stored.</param>
    /// <param name="beta">Factor of the old C; with 0 it is not read.</param>
    /// <param name="c">C; must not overlap A or B.</param>
    /// <param name="ldc">Floats between rows of C.</param>
    /// <remarks>
    /// Uses the slots <see cref="ScratchSlot.PackedA"/> and <see cref="ScratchSlot.PackedB"/> of the calling thread. An element of C
    /// has the same bits whether it is computed alone, in a block, or by <see cref="ILinearAlgebra.Gemm"/>.
    /// </remarks>
    public static void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
        Gemm.Run(new GemmProblem(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, bias: null), pool: null);
}
