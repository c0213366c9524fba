using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Definition of <see cref="ILinearAlgebra.Gemm"/>.</summary>
public static class Gemm
{
    /// <summary>c_ij = alpha sum_p op(A)_ip op(B)_pj + beta c_ij + bias_j, summed in increasing p.</summary>
    /// <typeparam name="T">Element type; double makes this an oracle for float32 kernels.</typeparam>
    /// <param name="transposeA">A is stored [k, m] instead of [m, k].</param>
    /// <param name="transposeB">B is stored [n, k] instead of [k, n].</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Terms of each sum.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">A, row-major.</param>
    /// <param name="lda">Elements between rows of A as stored.</param>
    /// <param name="b">B, row-major.</param>
    /// <param name="ldb">Elements between rows of B as stored.</param>
    /// <param name="beta">Factor of the old C; with 0 it is not read, so that garbage and NaN there do no harm.</param>
    /// <param name="c">C, row-major.</param>
    /// <param name="ldc">Elements between rows of C.</param>
    /// <param name="bias">n elements, or empty for none.</param>
    /// <remarks>No term is skipped: 0 times NaN or infinity is NaN. Without terms (k = 0) the sum is 0 and alpha does not matter.</remarks>
    public static void Multiply<T>(
        bool transposeA, bool transposeB, int m, int n, int k, T alpha, ReadOnlySpan<T> a, int lda, ReadOnlySpan<T> b, int ldb,
        T beta, Span<T> c, int ldc, ReadOnlySpan<T> bias)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                T sum = T.Zero;
                for (int p = 0; p < k; p++)
                {
                    sum += a[transposeA ? (p * lda) + i : (i * lda) + p] * b[transposeB ? (j * ldb) + p : (p * ldb) + j];
                }

                ref T element = ref c[(i * ldc) + j];
                element = (k == 0 ? T.Zero : alpha * sum) + (beta == T.Zero ? T.Zero : beta * element) + (bias.IsEmpty ? T.Zero : bias[j]);
            }
        }
    }

    /// <summary>What an <see cref="ActivatedOutput"/> adds: output_ij = f(c_ij).</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="c">C as the product left it.</param>
    /// <param name="ldc">Elements between rows of C.</param>
    /// <param name="kind">Function f.</param>
    /// <param name="slope">Negative slope of the leaky rectifier.</param>
    /// <param name="output">f(C), row-major.</param>
    /// <param name="ldo">Elements between its rows.</param>
    public static void Activate<T>(int m, int n, ReadOnlySpan<T> c, int ldc, ActivationKind kind, T slope, Span<T> output, int ldo)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                output[(i * ldo) + j] = Activation.Value(kind, slope, c[(i * ldc) + j]);
            }
        }
    }
}
