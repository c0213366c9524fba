using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ITangentKernels.NormalizeSegments"/>.</summary>
public static class SegmentNormalizationTangent
{
    /// <summary>rxhat = r (rx - mean(rx) - xhat q), q = mean(rx xhat), per segment.</summary>
    public static void Forward<T>(
        int segments, int length, ReadOnlySpan<T> normalized, ReadOnlySpan<T> inverseDeviation, ReadOnlySpan<T> rx, Span<T> rnormalized, Span<T> projection)
        where T : IFloatingPointIeee754<T>
    {
        SegmentNormalization.Gradient(segments, length, normalized, inverseDeviation, rx, rnormalized);
        for (int segment = 0; segment < segments; segment++)
        {
            projection[segment] = Mean(rx.Slice(segment * length, length), normalized.Slice(segment * length, length));
        }
    }

    /// <summary>The derivative of <see cref="SegmentNormalization.Gradient"/> in xhat, r and gn together.</summary>
    public static void Gradient<T>(
        int segments, int length, ReadOnlySpan<T> normalized, ReadOnlySpan<T> inverseDeviation, ReadOnlySpan<T> rnormalized, ReadOnlySpan<T> projection,
        ReadOnlySpan<T> gn, ReadOnlySpan<T> rgn, Span<T> rgx)
        where T : IFloatingPointIeee754<T>
    {
        for (int segment = 0; segment < segments; segment++)
        {
            int start = segment * length;
            ReadOnlySpan<T> hat = normalized.Slice(start, length), rhat = rnormalized.Slice(start, length), g = gn.Slice(start, length), rg = rgn.Slice(start, length);
            T r = inverseDeviation[segment], mean = Mean(g), product = Mean(g, hat);
            T rmean = Mean(rg), rproduct = Mean(rg, hat) + Mean(g, rhat), shrink = r * projection[segment];
            for (int i = 0; i < length; i++)
            {
                T own = g[i] - mean - (hat[i] * product);
                rgx[start + i] = r * (rg[i] - rmean - (rhat[i] * product) - (hat[i] * rproduct) - (shrink * own));
            }
        }
    }

    private static T Mean<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b = default)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < a.Length; i++)
        {
            sum += b.IsEmpty ? a[i] : a[i] * b[i];
        }

        return sum / T.CreateChecked(a.Length);
    }
}
