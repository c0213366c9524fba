using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>The dominant eigenpairs of an operator by Arnoldi's iteration, for a low-rank inverse in influence functions.</summary>
/// <remarks>
/// Schioppa, Zablotskaia, Vilar, Sokolov, "Scaling up influence functions" (arXiv 2112.03052): modified Gram-Schmidt (here
/// twice), H symmetrised to tridiagonal form, the pairs of largest |lambda|. Deterministic.
/// </remarks>
public static class Arnoldi
{
    /// <summary>Finds eigenpairs, by decreasing |lambda|; the caller disposes them.</summary>
    /// <param name="a">A, symmetric up to noise.</param>
    /// <param name="steps">Products, and size of the Krylov space; no more than n are made.</param>
    /// <param name="pairs">The most pairs to keep.</param>
    /// <param name="seed">Of the standard normal start vector.</param>
    /// <param name="threshold">Pairs with |lambda| at most this times the largest are dropped: their inverses are noise.</param>
    /// <param name="progress">Told the subdiagonal element after every step.</param>
    /// <param name="cancellation">Checked in every step.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static EigenPairs Run(
        ILinearOperator a, int steps, int pairs, ulong seed = 0, double threshold = 1e-6,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pairs);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        using Tensor start = Probes.Allocate(a);
        Probes.Normal(seed)(0, start);
        using KrylovBasis basis = KrylovBasis.Build("Arnoldi", a, start, steps, progress, cancellation);
        var eigen = new SymmetricEigen(Tridiagonal(basis.Hessenberg));
        int[] order = [.. Enumerable.Range(0, basis.Steps).OrderByDescending(k => Math.Abs(eigen.Values[k]))];
        double floor = threshold * Math.Abs(eigen.Values[order[0]]);
        int[] kept = [.. order.Take(pairs).TakeWhile(k => Math.Abs(eigen.Values[k]) > floor)];
        double[] values = [.. kept.Select(k => eigen.Values[k])];
        double[] residuals = [.. kept.Select(k => basis.Beta * Math.Abs(eigen.Vectors[basis.Steps - 1, k]))];
        return new EigenPairs(values, residuals, basis.Combine(eigen.Vectors, kept));
    }

    private static double[,] Tridiagonal(double[,] hessenberg)
    {
        int m = hessenberg.GetLength(0);
        var t = new double[m, m];
        for (int i = 0; i < m; i++)
        {
            for (int j = Math.Max(0, i - 1); j < Math.Min(m, i + 2); j++)
            {
                t[i, j] = (hessenberg[i, j] + hessenberg[j, i]) / 2;
            }
        }

        return t;
    }
}
