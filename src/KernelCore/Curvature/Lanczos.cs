using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>
/// The Lanczos decomposition A Q = Q T + beta q e_m^T of a symmetric operator: T tridiagonal in double, Q orthonormal by full
/// re-orthogonalisation.
/// </summary>
/// <remarks>
/// Lanczos (1950); Golub and Van Loan, "Matrix computations", chapter 10. m products, m^2 n multiply-adds and m n floats.
/// Deterministic.
/// </remarks>
public sealed class Lanczos : IDisposable
{
    private readonly KrylovBasis _basis;
    private readonly SymmetricEigen _eigen;

    private Lanczos(KrylovBasis basis)
    {
        _basis = basis;
        int m = basis.Steps;
        Diagonal = new double[m];
        OffDiagonal = new double[m - 1];
        var tridiagonal = new double[m, m];
        for (int i = 0; i < m; i++)
        {
            tridiagonal[i, i] = Diagonal[i] = basis.Hessenberg[i, i];
            if (i > 0)
            {
                tridiagonal[i, i - 1] = tridiagonal[i - 1, i] = OffDiagonal[i - 1] = basis.Hessenberg[i, i - 1];
            }
        }

        _eigen = new SymmetricEigen(tridiagonal);
        Weights = [.. Enumerable.Range(0, m).Select(k => _eigen.Vectors[0, k] * _eigen.Vectors[0, k])];
        Residuals = [.. Enumerable.Range(0, m).Select(k => basis.Beta * Math.Abs(_eigen.Vectors[m - 1, k]))];
    }

    /// <summary>Steps made, m: fewer than asked for where the Krylov space is smaller.</summary>
    public int Steps => _basis.Steps;

    /// <summary>Diagonal of T, [m].</summary>
    public double[] Diagonal { get; }

    /// <summary>Off-diagonal of T, [m - 1], all positive.</summary>
    public double[] OffDiagonal { get; }

    /// <summary>Eigenvalues of T, ascending: approximations of eigenvalues of A, best at the two ends.</summary>
    public IReadOnlyList<double> RitzValues => _eigen.Values;

    /// <summary>Squared first components of the eigenvectors of T, sum 1: with the Ritz values, the Gauss quadrature of the start's spectral measure.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>||A y - theta y|| of every Ritz pair, by the last components: beta |s_m|.</summary>
    public IReadOnlyList<double> Residuals { get; }

    /// <summary>Runs the method from a start vector.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="start">[n], not zero, any norm.</param>
    /// <param name="steps">m, at least 1; no more than n are made.</param>
    /// <param name="progress">Told the off-diagonal element after every step.</param>
    /// <param name="cancellation">Checked in every step.</param>
    /// <exception cref="KernelCoreException">A number is not finite, or the start is zero.</exception>
    public static Lanczos Run(
        ILinearOperator a, Tensor start, int steps, IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        a.RequireVector(start, nameof(start));
        return new Lanczos(KrylovBasis.Build("Lanczos", a, start, steps, progress, cancellation));
    }

    /// <summary>Runs the method from a random start vector.</summary>
    /// <param name="seed">Of the standard normal start vector: unlike signs, almost surely orthogonal to no eigenvector.</param>
    /// <inheritdoc cref="Run(ILinearOperator, Tensor, int, IProgress{IterationProgress}?, CancellationToken)"/>
    public static Lanczos Run(
        ILinearOperator a, int steps, ulong seed = 0, IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        using Tensor start = Probes.Allocate(a);
        Probes.Normal(seed)(0, start);
        return Run(a, start, steps, progress, cancellation);
    }

    /// <summary>The Ritz pairs of the given positions; the caller disposes them.</summary>
    /// <param name="indices">Positions in <see cref="RitzValues"/>.</param>
    public EigenPairs Pairs(params ReadOnlySpan<int> indices)
    {
        var values = new double[indices.Length];
        var residuals = new double[indices.Length];
        for (int k = 0; k < indices.Length; k++)
        {
            (values[k], residuals[k]) = (RitzValues[indices[k]], Residuals[indices[k]]);
        }

        return new EigenPairs(values, residuals, _basis.Combine(_eigen.Vectors, indices));
    }

    /// <inheritdoc/>
    public void Dispose() => _basis.Dispose();
}
