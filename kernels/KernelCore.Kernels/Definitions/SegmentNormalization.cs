using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILayerKernels.NormalizeSegments"/>.</summary>
public static class SegmentNormalization
{
    /// <summary>xhat = (x - mean) r with r = 1 / sqrt(variance + epsilon), per segment.</summary>
    public static void Forward<T>(int segments, int length, T epsilon, ReadOnlySpan<T> x, Span<T> normalized, Span<T> inverseDeviation)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(length);
        for (int segment = 0; segment < segments; segment++)
        {
            ReadOnlySpan<T> values = x.Slice(segment * length, length);
            T mean = T.Zero, variance = T.Zero;
            foreach (T value in values)
            {
                mean += value / count;
            }

            foreach (T value in values)
            {
                variance += (value - mean) * (value - mean) / count;
            }

            T inverse = T.One / T.Sqrt(variance + epsilon);
            inverseDeviation[segment] = inverse;
            for (int i = 0; i < length; i++)
            {
                normalized[(segment * length) + i] = (values[i] - mean) * inverse;
            }
        }
    }

    /// <summary>gx = r (gn - mean(gn) - xhat mean(gn xhat)), per segment.</summary>
    public static void Gradient<T>(
        int segments, int length, ReadOnlySpan<T> normalized, ReadOnlySpan<T> inverseDeviation, ReadOnlySpan<T> gn, Span<T> gx)
        where T : IFloatingPointIeee754<T>
    {
        T count = T.CreateChecked(length);
        for (int segment = 0; segment < segments; segment++)
        {
            int start = segment * length;
            T mean = T.Zero, product = T.Zero;
            for (int i = start; i < start + length; i++)
            {
                mean += gn[i] / count;
                product += gn[i] * normalized[i] / count;
            }

            for (int i = start; i < start + length; i++)
            {
                gx[i] = inverseDeviation[segment] * (gn[i] - mean - (normalized[i] * product));
            }
        }
    }
}
