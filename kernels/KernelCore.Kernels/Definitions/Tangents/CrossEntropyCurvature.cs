using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.CrossEntropyCurvature"/>.</summary>
public static class CrossEntropyCurvature
{
    /// <summary>One sample: scale mass (p o (r - p.r)).</summary>
    public static void Row<T>(ReadOnlySpan<T> logits, T mass, T scale, ReadOnlySpan<T> r, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        T max = T.NegativeInfinity, total = T.Zero, mean = T.Zero;
        foreach (T logit in logits)
        {
            max = T.Max(max, logit);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            result[c] = T.Exp(logits[c] - max);
            total += result[c];
            mean += result[c] * r[c];
        }

        for (int c = 0; c < logits.Length; c++)
        {
            result[c] = scale * mass * (result[c] / total) * (r[c] - (mean / total));
        }
    }
}
