namespace KernelCore.Kernels.Cpu;

/// <summary>Single-threaded matrix product on raw memory, for use inside a task of a parallel loop.</summary>
internal static unsafe class BlockGemm
{
    /// <summary>C = alpha op(A) op(B) + beta C. Row-major with leading dimensions in elements.</summary>
    /// <param name="transposeA">A is stored [k, m] instead of [m, k].</param>
    /// <param name="transposeB">B is stored [n, k] instead of [k, n].</param>
    public static void Multiply(
        bool transposeA, bool transposeB, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc)
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int t = 0; t < k; t++)
                {
                    sum += (transposeA ? a[(long)t * lda + i] : a[(long)i * lda + t]) * (transposeB ? b[(long)j * ldb + t] : b[(long)t * ldb + j]);
                }

                c[(long)i * ldc + j] = alpha * sum + (beta == 0 ? 0 : beta * c[(long)i * ldc + j]);
            }
        }
    }
}
