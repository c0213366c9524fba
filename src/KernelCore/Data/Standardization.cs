using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace KernelCore.Data;

/// <summary>Scales every feature to mean 0 and deviation 1: x' = (x - mean) / deviation.</summary>
/// <remarks>
/// Fit it on training samples and apply it to both parts. Population moments over samples, two passes in double;
/// a constant feature has deviation 1, so it becomes 0. Immutable and thread safe.
/// </remarks>
public sealed class Standardization
{
    private readonly double[] _mean;
    private readonly double[] _deviation;

    private Standardization(double[] mean, double[] deviation) => (_mean, _deviation) = (mean, deviation);

    /// <summary>Mean of each feature.</summary>
    public ReadOnlySpan<double> Mean => _mean;

    /// <summary>Deviation of each feature; 1 for a constant one.</summary>
    public ReadOnlySpan<double> Deviation => _deviation;

    /// <summary>Measures mean and deviation of each feature.</summary>
    public static Standardization Fit(Dataset samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var mean = new double[samples.SampleSize];
        var deviation = new double[samples.SampleSize];
        for (int i = 0; i < samples.Count; i++)
        {
            ReadOnlySpan<float> sample = samples.Sample(i);
            for (int j = 0; j < sample.Length; j++)
            {
                mean[j] += sample[j];
            }
        }

        for (int j = 0; j < mean.Length; j++)
        {
            mean[j] /= samples.Count;
        }

        for (int i = 0; i < samples.Count; i++)
        {
            ReadOnlySpan<float> sample = samples.Sample(i);
            for (int j = 0; j < sample.Length; j++)
            {
                double difference = sample[j] - mean[j];
                deviation[j] += difference * difference;
            }
        }

        for (int j = 0; j < deviation.Length; j++)
        {
            deviation[j] = deviation[j] > 0 ? Math.Sqrt(deviation[j] / samples.Count) : 1;
        }

        return new Standardization(mean, deviation);
    }

    /// <summary>The samples with every feature scaled; computed in double, rounded once.</summary>
    /// <exception cref="ArgumentException">The samples have another number of features.</exception>
    public Dataset Apply(Dataset samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.SampleSize != _mean.Length)
        {
            throw new ArgumentException($"{samples.Name} has {samples.SampleSize} features, fitted to {_mean.Length}", nameof(samples));
        }

        var scaled = new float[samples.Features.Length];
        for (int i = 0; i < scaled.Length; i++)
        {
            int feature = i % _mean.Length;
            scaled[i] = (float)((samples.Features[i] - _mean[feature]) / _deviation[feature]);
        }

        return samples.WithFeatures(ImmutableCollectionsMarshal.AsImmutableArray(scaled));
    }
}
