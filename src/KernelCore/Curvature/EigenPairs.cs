using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Some eigenvalues of an operator with their orthonormal eigenvectors.</summary>
public sealed class EigenPairs : IDisposable
{
    internal EigenPairs(double[] values, double[] residuals, Tensor vectors) => (Values, Residuals, Vectors) = (values, residuals, vectors);

    /// <summary>lambda_k, in the order that the method states.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>||A q_k - lambda_k q_k||: no farther than this from lambda_k lies an eigenvalue of A.</summary>
    public IReadOnlyList<double> Residuals { get; }

    /// <summary>q_k, a row each, [pairs, n].</summary>
    public Tensor Vectors { get; }

    /// <summary>sum_k q_k q_k^T / lambda_k as an operator; it shares the vectors.</summary>
    public LowRankInverse Inverse() => new(this);

    /// <inheritdoc/>
    public void Dispose() => Vectors.Dispose();
}
