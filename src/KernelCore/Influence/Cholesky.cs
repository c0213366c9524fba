using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>L L^T of a symmetric positive definite matrix, in double.</summary>
internal sealed class Cholesky
{
    private readonly double[] _factor;
    private readonly int _size;

    /// <summary>Factorises in place of the lower triangle; n^3 / 3 operations.</summary>
    /// <param name="matrix">[size, size], taken over.</param>
    /// <param name="size">Rows.</param>
    /// <exception cref="KernelCoreException">The matrix is not positive definite.</exception>
    public Cholesky(double[] matrix, int size)
    {
        (_factor, _size) = (matrix, size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double rest = matrix[(i * size) + j] - TensorPrimitives.Dot<double>(Row(i, j), Row(j, j));
                if (j < i)
                {
                    matrix[(i * size) + j] = rest / matrix[(j * size) + j];
                    continue;
                }

                // What rounding leaves of a zero pivot is no pivot.
                if (!(rest > size * double.Epsilon) || !(rest > 1e-13 * matrix[(i * size) + i]))
                {
                    throw new KernelCoreException(
                        $"the {size} x {size} matrix of projected gradients is singular at column {i}: use a damping above 0, a smaller projection or more samples");
                }

                matrix[(i * size) + i] = Math.Sqrt(rest);
            }
        }
    }

    /// <summary>Replaces b by the solution x of A x = b.</summary>
    public void Solve(Span<double> b)
    {
        for (int i = 0; i < _size; i++)
        {
            b[i] = (b[i] - TensorPrimitives.Dot<double>(Row(i, i), b[..i])) / _factor[(i * _size) + i];
        }

        for (int i = _size - 1; i >= 0; i--)
        {
            b[i] /= _factor[(i * _size) + i];
            TensorPrimitives.MultiplyAdd(Row(i, i), -b[i], b[..i], b[..i]);
        }
    }

    private ReadOnlySpan<double> Row(int row, int count) => _factor.AsSpan(row * _size, count);
}
