namespace KernelCore.Kernels;

/// <summary>Matrix products.</summary>
public interface ILinearAlgebra
{
    /// <summary>C = alpha op(A) op(B) + beta C, plus a bias on every row, and f(C) beside it; op is the identity or the transpose.</summary>
    /// <param name="transposeA">Whether A is used transposed.</param>
    /// <param name="transposeB">Whether B is used transposed.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">[m, k], or [k, m] when transposed.</param>
    /// <param name="b">[k, n], or [n, k] when transposed.</param>
    /// <param name="beta">Factor of the old C; with 0 the old content is not read, not even NaN.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="bias">[n], added to every row of C; null for none.</param>
    /// <param name="activated">Where f(C) goes, of the finished C; null for nowhere. The same bits as <see cref="ILayerKernels.Activation"/> of C.</param>
    /// <remarks>float32 fused multiply-adds, each element summed in increasing k within blocks of fixed size.</remarks>
    void Gemm(
        bool transposeA, bool transposeB, float alpha, Matrix a, Matrix b, float beta, Matrix c, Tensor? bias = null, ActivatedOutput? activated = null);

    /// <summary>C = op(A) op(B) + op(A') op(B'), plus a bias on every row: the product rule in matrices. The old C is not read.</summary>
    /// <param name="transposeA">Whether A and A' are used transposed.</param>
    /// <param name="transposeB">Whether B and B' are used transposed.</param>
    /// <param name="a">A: [m, k], or [k, m] when transposed.</param>
    /// <param name="b">B: [k, n], or [n, k] when transposed.</param>
    /// <param name="nextA">A', as A with a k of its own.</param>
    /// <param name="nextB">B', as B.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="bias">[n], added to every row of C; null for none.</param>
    /// <remarks>The bits of the two products one after the other, the second added to the first; a backend may save some of their reads and waits.</remarks>
    void GemmSum(bool transposeA, bool transposeB, Matrix a, Matrix b, Matrix nextA, Matrix nextB, Matrix c, Tensor? bias = null)
    {
        Gemm(transposeA, transposeB, 1, a, b, 0, c);
        Gemm(transposeA, transposeB, 1, nextA, nextB, 1, c, bias);
    }
}
