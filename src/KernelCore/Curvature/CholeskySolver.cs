using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Curvature;

/// <summary>Solves A x = b with a dense positive definite A by its Cholesky factor L L^T, in double: factored once, solved many times.</summary>
/// <remarks>One thread, deterministic. Thread safe once it is made.</remarks>
public sealed class CholeskySolver
{
    // A pivot is the difference of two sums of about a_ii: below this fraction of a_ii it is their rounding.
    private const double SmallestPivot = 1e-13;

    // Rows that are worked on together, so that the finished rows are read from memory once for all of them.
    private const int BlockRows = 32;

    private readonly double[] _factor;

    /// <summary>Factors a matrix: n^3 / 3 flops.</summary>
    /// <param name="matrix">[n, n], symmetric positive definite, n at least 1.</param>
    /// <exception cref="KernelCoreException">The matrix is not positive definite, singular to working precision, or has a NaN.</exception>
    public CholeskySolver(double[,] matrix)
        : this(Flatten(matrix), matrix.GetLength(0))
    {
    }

    /// <summary>Factors in place.</summary>
    /// <param name="matrix">[n, n], row-major, taken over; only the lower triangle counts.</param>
    /// <param name="dimension">n.</param>
    internal CholeskySolver(double[] matrix, int dimension)
    {
        (_factor, Dimension) = (matrix, dimension);
        for (int start = 0; start < dimension; start += BlockRows)
        {
            int end = Math.Min(start + BlockRows, dimension);
            for (int j = 0; j < end; j++)
            {
                for (int i = Math.Max(start, j); i < end; i++)
                {
                    double rest = matrix[(i * dimension) + j] - TensorPrimitives.Dot(Row(i, j), Row(j, j));
                    matrix[(i * dimension) + j] = i > j ? rest / matrix[(j * dimension) + j] : Math.Sqrt(Pivot(rest, i));
                }
            }
        }
    }

    /// <summary>Rows and columns, n.</summary>
    public int Dimension { get; }

    /// <summary>ln det A.</summary>
    public double LogDeterminant
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Dimension; i++)
            {
                sum += Math.Log(_factor[(i * Dimension) + i]);
            }

            return 2 * sum;
        }
    }

    /// <summary>A^-1 b.</summary>
    /// <param name="b">[n].</param>
    public double[] Solve(ReadOnlySpan<double> b)
    {
        double[] x = b.ToArray();
        SolveInPlace(x);
        return x;
    }

    /// <summary>Replaces b by A^-1 b: 2 n^2 flops.</summary>
    /// <param name="b">[n].</param>
    public void SolveInPlace(Span<double> b)
    {
        if (b.Length != Dimension)
        {
            throw new ArgumentException($"expected {Dimension} elements, got {b.Length}", nameof(b));
        }

        for (int i = 0; i < Dimension; i++)
        {
            b[i] = (b[i] - TensorPrimitives.Dot(Row(i, i), b[..i])) / _factor[(i * Dimension) + i];
        }

        for (int i = Dimension - 1; i >= 0; i--)
        {
            b[i] /= _factor[(i * Dimension) + i];
            TensorPrimitives.MultiplyAdd(Row(i, i), -b[i], b[..i], b[..i]);
        }
    }

    /// <summary>A^-1, [n, n], row-major: n solves, side by side.</summary>
    internal double[] Invert(CancellationToken cancellationToken = default)
    {
        var inverse = new double[Dimension * Dimension];
        Parallel.For(0, Dimension, new ParallelOptions { CancellationToken = cancellationToken }, k =>
        {
            Span<double> column = inverse.AsSpan(k * Dimension, Dimension);
            column[k] = 1;
            SolveInPlace(column);
        });
        return inverse;
    }

    private static double[] Flatten(double[,] matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int n = matrix.GetLength(0);
        return n > 0 && n == matrix.GetLength(1)
            ? [.. matrix.Cast<double>()]
            : throw new ArgumentException($"expected a square matrix, got [{n}, {matrix.GetLength(1)}]", nameof(matrix));
    }

    private double Pivot(double rest, int row) => rest > 0 && rest > SmallestPivot * _factor[(row * Dimension) + row] && double.IsFinite(rest)
        ? rest
        : throw new KernelCoreException($"the [{Dimension}, {Dimension}] matrix is not positive definite at row {row}: add damping");

    private ReadOnlySpan<double> Row(int row, int count) => _factor.AsSpan(row * Dimension, count);
}
