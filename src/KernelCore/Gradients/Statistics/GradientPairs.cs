using KernelCore.Kernels;

namespace KernelCore.Gradients;

/// <summary>How gradients agree pair by pair, i != j: of samples, or of mini-batches.</summary>
/// <remarks>
/// Confusion: Sankararaman, De, Xu, Huang, Goldstein (arXiv 1904.06963). Stiffness: Fort, Nowak, Jastrzebski, Narayanan (arXiv 1901.09491).
/// The cosine and sign with a zero gradient are 0. With fewer than two gradients everything but the count is NaN. Double after the Gram matrix.
/// </remarks>
/// <param name="Count">Gradients, m.</param>
/// <param name="MinimumDot">min g_i . g_j. Gradient confusion is the smallest eta >= 0 with g_i . g_j >= -eta: see <see cref="Confusion"/>.</param>
/// <param name="MinimumCosine">min cos(g_i, g_j).</param>
/// <param name="MeanCosine">Cosine stiffness: mean cos(g_i, g_j).</param>
/// <param name="MeanSign">Sign stiffness: mean sign(g_i . g_j).</param>
/// <param name="DirectionalVariance">1 - ||mean of g_i / ||g_i|| ||, in [0, 1], over the gradients that are not zero (Mardia and Jupp, "Directional statistics"): 0 when all point the same way.</param>
public readonly record struct GradientPairs(
    int Count, double MinimumDot, double MinimumCosine, double MeanCosine, double MeanSign, double DirectionalVariance)
{
    /// <summary>max(0, -min g_i . g_j).</summary>
    public double Confusion => double.IsNaN(MinimumDot) ? double.NaN : Math.Max(0, -MinimumDot);

    /// <summary>Reads a Gram matrix, such as <see cref="GradientResult.Gram"/>.</summary>
    /// <param name="gram">g_i . g_j, [m, m], symmetric.</param>
    public static GradientPairs From(Tensor gram)
    {
        ArgumentNullException.ThrowIfNull(gram);
        int m = gram.Shape.Rank == 2 && gram.Shape[0] == gram.Shape[1]
            ? gram.Shape[0]
            : throw new ArgumentException($"expected a square Gram matrix, got {gram.Shape}", nameof(gram));
        float[] dots = gram.ToArray();
        double[] norms = [.. Enumerable.Range(0, m).Select(i => Math.Sqrt(dots[(i * m) + i]))];
        double minimumDot = double.PositiveInfinity, minimumCosine = double.PositiveInfinity, cosines = 0, signs = 0;
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double dot = dots[(i * m) + j], product = norms[i] * norms[j];
                double cosine = product == 0 ? 0 : Math.Clamp(dot / product, -1, 1);
                minimumDot = Math.Min(minimumDot, dot);
                minimumCosine = Math.Min(minimumCosine, cosine);
                cosines += cosine;
                signs += dot > 0 ? 1 : dot < 0 ? -1 : dot;
            }
        }

        if (m < 2)
        {
            return new GradientPairs(m, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        }

        double pairs = m * (m - 1.0) / 2;
        int directions = norms.Count(n => n != 0);
        double resultant = Math.Sqrt(Math.Max(0, directions + (2 * cosines))) / directions;
        return new GradientPairs(m, minimumDot, minimumCosine, cosines / pairs, signs / pairs, Math.Max(0, 1 - resultant));
    }
}
