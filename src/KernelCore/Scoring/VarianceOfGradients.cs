using System.Runtime.InteropServices;

namespace KernelCore.Scoring;

/// <summary>Variance of gradients: how much the input gradient of a sample's true logit changes between checkpoints.</summary>
/// <remarks>
/// Agarwal, D'souza, Hooker, arXiv 2008.11600: VoG_i = mean over pixels of the population standard deviation, over
/// checkpoints, of d s_y / d pixel. The logit is the one before the softmax, and the gradient is averaged over channels
/// first. Memory O(N x pixels), 16 bytes each: samples are independent, so a large set can be taken in parts. Welford's
/// update in double, in the order observed. Not thread safe.
/// </remarks>
public sealed class VarianceOfGradients
{
    private readonly SampleDeviations _gradients;

    /// <summary>Creates an accumulator.</summary>
    /// <param name="samples">Samples N.</param>
    /// <param name="pixels">Elements of one channel-averaged gradient, at least 1.</param>
    public VarianceOfGradients(int samples, int pixels) => _gradients = new SampleDeviations(samples, pixels);

    /// <summary>Takes in the gradients of a batch at one checkpoint.</summary>
    /// <param name="sampleIds">Samples of the batch, each in [0, N).</param>
    /// <param name="gradients">[batch, pixels].</param>
    public void Observe(ReadOnlySpan<int> sampleIds, ReadOnlySpan<float> gradients)
    {
        int pixels = _gradients.Width;
        if (gradients.Length != (long)sampleIds.Length * pixels)
        {
            throw new ArgumentException(
                $"{sampleIds.Length} samples of {pixels} pixels need {(long)sampleIds.Length * pixels} values, got {gradients.Length}",
                nameof(gradients));
        }

        Observations.Check(sampleIds, sampleIds.Length, _gradients.Samples, nameof(gradients));
        for (int i = 0; i < sampleIds.Length; i++)
        {
            _gradients.Observe(sampleIds[i], gradients.Slice(i * pixels, pixels));
        }
    }

    /// <summary>VoG of each sample so far, by id: 0 after one checkpoint, NaN before.</summary>
    public double[] Scores()
    {
        var scores = new double[_gradients.Samples];
        for (int i = 0; i < scores.Length; i++)
        {
            for (int pixel = 0; pixel < _gradients.Width; pixel++)
            {
                scores[i] += _gradients.Deviation(i, pixel);
            }

            scores[i] /= _gradients.Width;
        }

        return scores;
    }

    /// <summary>Scores as z-scores within their class: (v - mean_y) / std_y, population standard deviation.</summary>
    /// <remarks>VoG differs between classes; the paper ranks samples by this. Applies to any score.</remarks>
    /// <param name="scores">One score per sample.</param>
    /// <param name="labels">Class of each.</param>
    /// <returns>z-scores; NaN where the class is a single sample or constant, and in a class that holds a NaN.</returns>
    public static double[] WithinClass(ReadOnlySpan<double> scores, ReadOnlySpan<int> labels)
    {
        if (labels.Length != scores.Length)
        {
            throw new ArgumentException($"{scores.Length} scores need as many labels, got {labels.Length}", nameof(labels));
        }

        var classes = new Dictionary<int, Moments>();
        for (int i = 0; i < scores.Length; i++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(classes, labels[i], out _).Add(scores[i]);
        }

        var normalised = new double[scores.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            Moments moments = classes[labels[i]];
            normalised[i] = (scores[i] - moments.Mean) / moments.StandardDeviation;
        }

        return normalised;
    }
}
