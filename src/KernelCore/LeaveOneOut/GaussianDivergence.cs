using KernelCore.Curvature;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>KL divergence between normal distributions given by their precision matrices: what Laplace sample information is made of.</summary>
/// <remarks>
/// KL(N(m, L^-1) || N(m', L'^-1)) = 1/2 [tr(L' L^-1) - K + d^T L' d + ln det L - ln det L'] with d = m' - m, in double, nats.
/// </remarks>
public static class GaussianDivergence
{
    /// <summary>Independent components: 1/2 sum_k [x_k - ln(1 + x_k) + d_k^2 l'_k] with x_k = l'_k / l_k - 1.</summary>
    /// <param name="mean">m.</param>
    /// <param name="otherMean">m'.</param>
    /// <param name="precision">l, positive.</param>
    /// <param name="otherPrecision">l', positive.</param>
    public static double Diagonal(
        ReadOnlySpan<double> mean, ReadOnlySpan<double> otherMean, ReadOnlySpan<double> precision, ReadOnlySpan<double> otherPrecision)
    {
        if (otherMean.Length != mean.Length || precision.Length != mean.Length || otherPrecision.Length != mean.Length)
        {
            throw new ArgumentException($"means and precisions of {mean.Length} components are expected", nameof(precision));
        }

        double sum = 0;
        for (int k = 0; k < mean.Length; k++)
        {
            double d = otherMean[k] - mean[k];
            sum += Excess((otherPrecision[k] - precision[k]) / precision[k]) + (d * d * otherPrecision[k]);
        }

        return sum / 2;
    }

    /// <summary>Any precision matrices.</summary>
    /// <param name="mean">m, [K].</param>
    /// <param name="otherMean">m', [K].</param>
    /// <param name="precision">L, [K, K], positive definite.</param>
    /// <param name="otherPrecision">L', [K, K], positive definite.</param>
    /// <exception cref="KernelCore.Kernels.KernelCoreException">A matrix is not positive definite.</exception>
    public static double Dense(ReadOnlySpan<double> mean, ReadOnlySpan<double> otherMean, double[,] precision, double[,] otherPrecision)
    {
        var factor = new CholeskySolver(precision);
        int size = factor.Dimension;
        if (mean.Length != size || otherMean.Length != size || otherPrecision is null || otherPrecision.Length != size * size)
        {
            throw new ArgumentException($"means and precisions of {size} components are expected", nameof(otherPrecision));
        }

        double[] d = new double[size], change = [.. otherPrecision.Cast<double>().Zip(precision.Cast<double>(), (other, own) => other - own)];
        TensorPrimitives.Subtract(otherMean, mean, d);
        return Dense([.. precision.Cast<double>()], factor.Invert(), factor.LogDeterminant, change, d);
    }

    /// <summary>The divergence from L, its inverse and the logarithm of its determinant, and the change L' - L, which is overwritten with L'.</summary>
    internal static double Dense(double[] precision, double[] inverse, double logDeterminant, double[] change, ReadOnlySpan<double> d)
    {
        double trace = TensorPrimitives.Dot<double>(change, inverse), quadratic = 0;
        TensorPrimitives.Add(precision, change, change);
        for (int k = 0; k < d.Length; k++)
        {
            quadratic += d[k] * TensorPrimitives.Dot(change.AsSpan(k * d.Length, d.Length), d);
        }

        return (trace + quadratic + logDeterminant - new CholeskySolver(change, d.Length).LogDeterminant) / 2;
    }

    /// <summary>x - ln(1 + x), at least 0, with all its digits around 0.</summary>
    internal static double Excess(double x) => Math.Abs(x) < 1e-3
        ? x * x * ((1.0 / 2) - (x * ((1.0 / 3) - (x * ((1.0 / 4) - (x * ((1.0 / 5) - (x / 6))))))))
        : x - double.LogP1(x);
}
