using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Arithmetic of operators as if they were matrices.</summary>
public static class LinearOperators
{
    /// <summary>The largest dimension that <see cref="ToDense"/> writes out: 4096, which takes 128 MiB.</summary>
    public const int DenseLimit = 4096;

    /// <summary>factor A.</summary>
    public static ScaledOperator Scale(this ILinearOperator a, double factor) => new(a, factor);

    /// <summary>A + B. The result owns a work vector.</summary>
    public static SumOperator Plus(this ILinearOperator a, ILinearOperator b) => new(a, b);

    /// <summary>A + damping I.</summary>
    public static DampedOperator Damp(this ILinearOperator a, double damping) => new(a, damping);

    /// <summary>Writes the matrix out, column by column: n products.</summary>
    /// <param name="a">An operator of dimension at most <see cref="DenseLimit"/>.</param>
    /// <returns>A[i, j], symmetrised as (A + A^T) / 2: the two triangles differ by float32 rounding.</returns>
    /// <exception cref="KernelCoreException">The dimension is above the limit.</exception>
    public static double[,] ToDense(this ILinearOperator a)
    {
        ArgumentNullException.ThrowIfNull(a);
        int n = a.Dimension;
        if (n > DenseLimit)
        {
            throw new KernelCoreException($"a dense matrix has at most {DenseLimit} rows, this operator has {n}");
        }

        using var work = new Workspace(a.Device, n, vectors: 2);
        var unit = new float[n];
        var column = new float[n];
        var dense = new double[n, n];
        for (int j = 0; j < n; j++)
        {
            unit[j] = 1;
            work[0].CopyFrom(unit);
            unit[j] = 0;
            a.Apply(work[0], work[1]);
            work[1].CopyTo(column);
            for (int i = 0; i < n; i++)
            {
                dense[i, j] = column[i];
            }
        }

        Symmetrise(dense);
        return dense;
    }

    /// <summary>Replaces a matrix by (A + A^T) / 2.</summary>
    internal static void Symmetrise(double[,] matrix)
    {
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            for (int j = 0; j < i; j++)
            {
                matrix[i, j] = matrix[j, i] = (matrix[i, j] + matrix[j, i]) / 2;
            }
        }
    }
}
