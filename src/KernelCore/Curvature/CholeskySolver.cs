using KernelCore.Kernels;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace KernelCore.Curvature;

/// <summary>Solves A x = b with a dense positive definite A by its Cholesky factor, in double: factored once, solved many times.</summary>
public sealed class CholeskySolver
{
    private readonly Cholesky<double> _factor;

    /// <summary>Factors a matrix: n^3 / 3 flops.</summary>
    /// <param name="matrix">[n, n], symmetric positive definite, n at least 1.</param>
    /// <exception cref="KernelCoreException">The matrix is not positive definite (or has a NaN).</exception>
    public CholeskySolver(double[,] matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Dimension = matrix.GetLength(0);
        if (Dimension == 0 || Dimension != matrix.GetLength(1))
        {
            throw new ArgumentException($"expected a square matrix, got [{Dimension}, {matrix.GetLength(1)}]", nameof(matrix));
        }

        try
        {
            _factor = DenseMatrix.OfArray(matrix).Cholesky();
        }
        catch (ArgumentException e)
        {
            throw new KernelCoreException($"the [{Dimension}, {Dimension}] matrix is not positive definite: add damping", e);
        }

        if (!double.IsFinite(_factor.DeterminantLn))
        {
            throw new KernelCoreException($"the [{Dimension}, {Dimension}] matrix is not positive definite or not finite: add damping");
        }
    }

    /// <summary>Rows and columns, n.</summary>
    public int Dimension { get; }

    /// <summary>ln det A.</summary>
    public double LogDeterminant => _factor.DeterminantLn;

    /// <summary>A^-1 b.</summary>
    /// <param name="b">[n].</param>
    public double[] Solve(ReadOnlySpan<double> b) => b.Length == Dimension
        ? _factor.Solve(DenseVector.OfArray(b.ToArray())).ToArray()
        : throw new ArgumentException($"expected {Dimension} elements, got {b.Length}", nameof(b));
}
