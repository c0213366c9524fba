using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A symmetric matrix held in full, in float32: for small problems and tests.</summary>
public sealed class DenseOperator : ILinearOperator, IDisposable
{
    private readonly Tensor _matrix;

    /// <summary>Copies a matrix to a device.</summary>
    /// <param name="device">Where the products run.</param>
    /// <param name="matrix">[n, n], exactly symmetric; rounded to float32.</param>
    public DenseOperator(Device device, double[,] matrix)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(matrix);
        int n = matrix.GetLength(0);
        var values = new float[(long)n * matrix.GetLength(1)];
        for (int i = 0, k = 0; i < n; i++)
        {
            for (int j = 0; j < matrix.GetLength(1); j++, k++)
            {
                // A NaN is let through: products report it.
                if (n != matrix.GetLength(1) || matrix[i, j] > matrix[j, i] || matrix[i, j] < matrix[j, i])
                {
                    throw new ArgumentException($"a [{n}, {matrix.GetLength(1)}] matrix that is not symmetric is no operator here", nameof(matrix));
                }

                values[k] = (float)matrix[i, j];
            }
        }

        _matrix = device.Allocate([n, n], values);
    }

    /// <inheritdoc/>
    public Device Device => _matrix.Device;

    /// <inheritdoc/>
    public int Dimension => _matrix.Shape[0];

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y) => Device.Kernels.LinearAlgebra.Gemm(
        false, false, 1, new Matrix(x, 1, Dimension), new Matrix(_matrix, Dimension, Dimension), 0, new Matrix(y, 1, Dimension));

    /// <inheritdoc/>
    public void Dispose() => _matrix.Dispose();
}
