using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definitions of <see cref="ILayerKernels.ChannelStatistics"/> and <see cref="ILayerKernels.NormalizeChannels"/>.</summary>
public static class ChannelNormalization
{
    /// <summary>Mean and population variance of each channel.</summary>
    public static void Statistics<T>(ChannelLayout layout, ReadOnlySpan<T> x, Span<T> mean, Span<T> variance)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(layout.Outer * layout.Inner);
        mean.Clear();
        variance.Clear();
        for (int k = 0; k < layout.Count; k++)
        {
            mean[Channel(layout, k)] += x[k] / count;
        }

        for (int k = 0; k < layout.Count; k++)
        {
            int c = Channel(layout, k);
            variance[c] += (x[k] - mean[c]) * (x[k] - mean[c]) / count;
        }
    }

    /// <summary>xhat = (x - mean_c) r_c with r_c = 1 / sqrt(variance_c + epsilon).</summary>
    public static void Forward<T>(
        ChannelLayout layout, T epsilon, ReadOnlySpan<T> x, ReadOnlySpan<T> mean, ReadOnlySpan<T> variance, Span<T> normalized, Span<T> inverseDeviation)
        where T : IFloatingPointIeee754<T>
    {
        for (int c = 0; c < layout.Channels; c++)
        {
            inverseDeviation[c] = T.One / T.Sqrt(variance[c] + epsilon);
        }

        for (int k = 0; k < layout.Count; k++)
        {
            int c = Channel(layout, k);
            normalized[k] = (x[k] - mean[c]) * inverseDeviation[c];
        }
    }

    /// <summary>gx = r_c (gn - mean_c(gn) - xhat mean_c(gn xhat)) when the statistics came from the batch, else r_c gn.</summary>
    public static void Gradient<T>(
        ChannelLayout layout, bool batchStatistics, ReadOnlySpan<T> normalized, ReadOnlySpan<T> inverseDeviation, ReadOnlySpan<T> gn, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(layout.Outer * layout.Inner);
        var mean = new T[layout.Channels];
        var product = new T[layout.Channels];
        for (int k = 0; batchStatistics && k < layout.Count; k++)
        {
            mean[Channel(layout, k)] += gn[k] / count;
            product[Channel(layout, k)] += gn[k] * normalized[k] / count;
        }

        for (int k = 0; k < layout.Count; k++)
        {
            int c = Channel(layout, k);
            gx[k] = inverseDeviation[c] * (gn[k] - mean[c] - (normalized[k] * product[c]));
        }
    }

    private static int Channel(ChannelLayout layout, int k) => k / layout.Inner % layout.Channels;
}
