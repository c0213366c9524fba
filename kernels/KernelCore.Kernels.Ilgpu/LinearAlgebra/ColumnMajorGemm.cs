namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The arguments by which a column-major library computes a row-major product. It sees every matrix transposed, so the
/// operands change places: C^T = op(B)^T op(A)^T.
/// </summary>
/// <param name="TransposeFirst">Whether the first operand, B, is used transposed.</param>
/// <param name="TransposeSecond">Whether the second operand, A, is used transposed.</param>
/// <param name="Rows">Rows of the library's result.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Depth">Terms of each sum.</param>
/// <param name="FirstStride">Elements between the library's columns of B.</param>
/// <param name="SecondStride">Elements between those of A.</param>
/// <param name="ResultStride">Elements between those of C.</param>
internal readonly record struct ColumnMajorGemm(
    bool TransposeFirst, bool TransposeSecond, int Rows, int Columns, int Depth, int FirstStride, int SecondStride, int ResultStride)
{
    /// <summary>Of C = op(A) op(B).</summary>
    public static ColumnMajorGemm Of(bool transposeA, bool transposeB, Matrix a, Matrix b, Matrix c) =>
        new(transposeB, transposeA, c.Columns, c.Rows, transposeA ? a.Rows : a.Columns, b.Stride, a.Stride, c.Stride);
}
