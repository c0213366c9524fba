using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>Influence measured, not approximated: models trained with a sample against models trained without it.</summary>
/// <remarks>
/// <para>With masks M in {0, 1}^(models x n) and values R of some samples, the influence of training sample i on sample t is
/// mean of R_t over the models with i minus the mean over those without: R^T M / 1^T M - R^T (1 - M) / 1^T (1 - M), one
/// matrix product. Values are centred by sample first, so float32 products lose nothing to a common offset.</para>
/// <para>A sample that is in all subsets or in none has no contrast: its influences are NaN.</para>
/// </remarks>
public static class CounterfactualInfluence
{
    /// <summary>Feldman-Zhang influence (arXiv 2008.03703): how much likelier sample t is predicted right with training sample i.</summary>
    /// <param name="masks">What each model was trained on.</param>
    /// <param name="outcomes">Outcomes on the samples t: the test samples, or the training samples themselves.</param>
    /// <param name="device">Where the products run.</param>
    /// <returns>In [-1, 1]; 0.15 and more is notable.</returns>
    public static InfluenceTiles OnAccuracy(SubsetMasks masks, SubsetOutcomes outcomes, Device device)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return Contrast(masks, outcomes.Correct, outcomes.SampleCount, device);
    }

    /// <summary>Full influence distribution (arXiv 2506.20481): how much lower the loss of sample t is with training sample i.</summary>
    /// <remarks>On the training samples its diagonal is the self-influence. Masks should be Bernoulli.</remarks>
    /// <param name="masks">What each model was trained on.</param>
    /// <param name="outcomes">Outcomes on the samples t.</param>
    /// <param name="device">Where the products run.</param>
    public static InfluenceTiles OnLoss(SubsetMasks masks, SubsetOutcomes outcomes, Device device)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        return Contrast(masks, Array.ConvertAll(outcomes.Loss, l => -l), outcomes.SampleCount, device);
    }

    /// <summary>Mean value with a sample minus mean value without it, for all samples and all values.</summary>
    /// <param name="masks">What each model was trained on.</param>
    /// <param name="values">[models, count], row-major; larger is better.</param>
    /// <param name="count">Values of each model.</param>
    /// <param name="device">Where the products run.</param>
    public static InfluenceTiles Contrast(SubsetMasks masks, float[] values, int count, Device device)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(device);
        return values.Length == (long)masks.ModelCount * count
            ? new InfluenceTiles(count, masks.SampleCount, Tiles(masks, values, count, device))
            : throw new ArgumentException($"{masks.ModelCount} models with {count} values each make {(long)masks.ModelCount * count} values, got {values.Length}", nameof(values));
    }

    /// <summary>
    /// Feldman-Zhang memorisation: how much likelier a training sample is predicted right by the models trained on it than
    /// by the others. At least 0.25 counts as memorised. In double.
    /// </summary>
    /// <param name="masks">What each model was trained on.</param>
    /// <param name="train">Outcomes on the training samples.</param>
    public static double[] Memorization(SubsetMasks masks, SubsetOutcomes train)
    {
        ArgumentNullException.ThrowIfNull(train);
        return SelfContrast(masks, train.Correct);
    }

    /// <summary>Self-influence on the loss: mean loss of a training sample without it minus mean loss with it. In double.</summary>
    /// <param name="masks">What each model was trained on.</param>
    /// <param name="train">Outcomes on the training samples.</param>
    public static double[] SelfInfluence(SubsetMasks masks, SubsetOutcomes train)
    {
        ArgumentNullException.ThrowIfNull(train);
        return Array.ConvertAll(SelfContrast(masks, train.Loss), v => -v);
    }

    /// <summary>Bound on the mean squared error of <see cref="Memorization"/> and <see cref="OnAccuracy"/>: exp(-p t / 16) / 2 + 1 / (p t) + 1 / ((1 - p) t).</summary>
    /// <param name="models">Number of models, t.</param>
    /// <param name="fraction">Fraction of the samples in a subset; p is the smaller of it and its complement.</param>
    public static double ErrorBound(int models, double fraction)
    {
        double p = Math.Min(fraction, 1 - fraction);
        return (Math.Exp(-p * models / 16) / 2) + (1 / (p * models)) + (1 / ((1 - p) * models));
    }

    private static double[] SelfContrast(SubsetMasks masks, float[] values)
    {
        ArgumentNullException.ThrowIfNull(masks);
        int n = masks.SampleCount;
        double[] with = new double[n], without = new double[n];
        int[] counts = masks.Counts();
        for (int model = 0; model < masks.ModelCount; model++)
        {
            ReadOnlySpan<bool> mask = masks.Of(model);
            for (int i = 0; i < n; i++)
            {
                (mask[i] ? with : without)[i] += values[(model * n) + i];
            }
        }

        // 0 / 0 is the NaN that a sample without contrast should have.
        return [.. with.Select((sum, i) => (sum / counts[i]) - (without[i] / (masks.ModelCount - counts[i])))];
    }

    private static IEnumerable<InfluenceTile> Tiles(SubsetMasks masks, float[] values, int count, Device device)
    {
        int models = masks.ModelCount, n = masks.SampleCount, rows = Math.Min(InfluenceTiles.RowsFor(n), Math.Max(1, count));
        using Tensor members = masks.ToTensor(device), centred = device.Allocate([models, count], Centre(values, models, count));
        using Tensor product = device.Allocate([rows, n]);
        var tile = new float[product.Count];

        // Centred values sum to zero over all models, so the sum without a sample is minus the sum with it.
        float[] scale = [.. masks.Counts().Select(c => c == 0 || c == models ? float.NaN : (float)((1.0 / c) + (1.0 / (models - c))))];
        for (int start = 0; start < count; start += rows)
        {
            int height = Math.Min(rows, count - start);
            device.Kernels.LinearAlgebra.Gemm(
                true, false, 1, new Matrix(centred, start, models, height, count), Matrix.Of(members), 0, new Matrix(product, height, n));
            product.CopyTo(tile);
            for (int row = 0; row < height; row++)
            {
                Span<float> line = tile.AsSpan(row * n, n);
                TensorPrimitives.Multiply(line, scale, line);
            }

            yield return new InfluenceTile(start, n, tile.AsMemory(0, height * n));
        }
    }

    private static float[] Centre(float[] values, int models, int count)
    {
        var means = new double[count];
        for (int k = 0; k < values.Length; k++)
        {
            means[k % count] += (double)values[k] / models;
        }

        var centred = new float[values.Length];
        for (int k = 0; k < values.Length; k++)
        {
            centred[k] = (float)(values[k] - means[k % count]);
        }

        return centred;
    }
}
