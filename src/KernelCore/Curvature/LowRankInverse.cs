using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>sum_k q_k q_k^T / lambda_k over some eigenpairs: the inverse of A on the space they span, zero outside it.</summary>
/// <remarks>Schioppa, Zablotskaia, Vilar, Sokolov, "Scaling up influence functions" (arXiv 2112.03052). Eigenvalues of exactly 0 are left out.</remarks>
public sealed class LowRankInverse : ILinearOperator, IDisposable
{
    private readonly Tensor _vectors, _coordinates, _inverses;

    internal LowRankInverse(EigenPairs pairs)
    {
        _vectors = pairs.Vectors;
        int rank = _vectors.Shape[0];
        _coordinates = Device.Allocate([1, rank]);
        _inverses = Device.Allocate([rank], [.. pairs.Values.Select(v => v == 0 ? 0 : (float)(1 / v))]);
    }

    /// <inheritdoc/>
    public Device Device => _vectors.Device;

    /// <inheritdoc/>
    public int Dimension => _vectors.Shape[1];

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y)
    {
        ILinearAlgebra algebra = Device.Kernels.LinearAlgebra;
        Matrix vectors = Matrix.Of(_vectors);
        algebra.Gemm(false, true, 1, new Matrix(x, 1, Dimension), vectors, 0, Matrix.Of(_coordinates));
        Device.Kernels.Parameters.ScaleRows(_inverses, _coordinates.Reshape([vectors.Rows, 1]));
        algebra.Gemm(false, false, 1, Matrix.Of(_coordinates), vectors, 0, new Matrix(y, 1, Dimension));
    }

    /// <summary>Frees the work vectors, not the eigenvectors.</summary>
    public void Dispose()
    {
        _coordinates.Dispose();
        _inverses.Dispose();
    }
}
