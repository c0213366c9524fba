using KernelCore.Kernels;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace KernelCore.Curvature;

/// <summary>A = V diag(values) V^T of a small dense symmetric matrix, in double. O(n^3), one thread, deterministic.</summary>
internal sealed class SymmetricEigen
{
    /// <summary>Decomposes a matrix; only its symmetric part counts.</summary>
    /// <exception cref="KernelCoreException">An element is not finite.</exception>
    public SymmetricEigen(double[,] matrix)
    {
        int n = matrix.GetLength(0);
        foreach (double element in matrix)
        {
            if (!double.IsFinite(element))
            {
                throw new KernelCoreException($"a [{n}, {n}] matrix with an element {element} has no eigenvalues");
            }
        }

        if (n == 0)
        {
            (Values, Vectors) = ([], new double[0, 0]);
            return;
        }

        LinearOperators.Symmetrise(matrix);
        Evd<double> evd = DenseMatrix.OfArray(matrix).Evd(Symmetricity.Symmetric);
        Values = [.. evd.EigenValues.Select(v => v.Real)];
        Vectors = evd.EigenVectors.ToArray();
    }

    /// <summary>Ascending.</summary>
    public double[] Values { get; }

    /// <summary>Orthonormal columns: [i, k] is component i of eigenvector k.</summary>
    public double[,] Vectors { get; }
}
