using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>How much of the per-sample gradients is common: coherence, noise scale, signal-to-noise ratio, over any number of batches.</summary>
/// <remarks>
/// Add the results of a <see cref="PerSampleEngine"/> whose query has Norms and Sum (and SquaredSum for the signal-to-noise ratio) at the
/// same weights. Sums of squared norms in double, vector sums in float32. Not thread safe.
/// </remarks>
public sealed class GradientSignal : IDisposable
{
    private readonly ParameterVector _sum;
    private ParameterVector? _squares;
    private double _squaredNorms;
    private float[] _norms = [];

    /// <summary>Starts with no samples.</summary>
    public GradientSignal(ParameterLayout layout, Device device) => _sum = new ParameterVector(layout, device);

    /// <summary>Samples added, m.</summary>
    public long Count { get; private set; }

    /// <summary>sum_i ||g_i||^2.</summary>
    public double SumOfSquaredNorms => _squaredNorms;

    /// <summary>||sum_i g_i||^2.</summary>
    public double SquaredNormOfSum => _sum.Flat.Device.Kernels.Parameters.Dot(_sum.Flat, _sum.Flat);

    /// <summary>
    /// m-coherence alpha_m = ||sum g_i||^2 / sum ||g_i||^2 in [0, m]: 1 for orthogonal gradients, m for equal ones (Chatterjee and Zielinski,
    /// arXiv 2008.01217). NaN when all gradients are zero.
    /// </summary>
    public double Coherence => SquaredNormOfSum / _squaredNorms;

    /// <summary>The noise scale from batch sizes 1 and m, unbiased. NaN for fewer than two samples.</summary>
    public NoiseScale NoiseScale => Count < 2
        ? new NoiseScale(double.NaN, double.NaN)
        : NoiseScale.FromBatchSizes(_squaredNorms / Count, 1, SquaredNormOfSum / ((double)Count * Count), checked((int)Count));

    /// <summary>The plug-in noise scale m / alpha_m - 1: population covariance over the squared norm of the sample mean.</summary>
    public double BiasedNoiseScale => (Count / Coherence) - 1;

    /// <summary>Adds the samples of a batch.</summary>
    /// <param name="result">Of a query with Norms and Sum.</param>
    public void Add(GradientResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.SquaredNorms is not { } norms || result.Sum is not { } sum)
        {
            throw new ArgumentException("the signal of gradients needs a query with Norms and Sum", nameof(result));
        }

        if (Count > 0 && (_squares is null) != (result.SquaredSum is null))
        {
            throw new ArgumentException("either all batches have a SquaredSum or none", nameof(result));
        }

        Array.Resize(ref _norms, Math.Max(_norms.Length, result.Batch));
        norms.Total.CopyTo(_norms);
        foreach (float norm in _norms.AsSpan(0, result.Batch))
        {
            _squaredNorms += norm;
        }

        IParameterKernels kernels = _sum.Flat.Device.Kernels.Parameters;
        kernels.Axpy(1, sum.Flat, _sum.Flat);
        if (result.SquaredSum is { } squares)
        {
            _squares ??= new ParameterVector(_sum.Layout, _sum.Flat.Device);
            kernels.Axpy(1, squares.Flat, _squares.Flat);
        }

        Count += result.Batch;
    }

    /// <summary>
    /// GSNR per scalar parameter: r_j = mean_i(g_ij)^2 / var_i(g_ij) with the population variance (Liu et al., "Understanding why neural networks
    /// generalize well through GSNR of parameters", ICLR 2020).
    /// </summary>
    /// <param name="destination">[P]; 0 where the mean is 0, infinite where only the variance is.</param>
    /// <remarks>The variance is a difference of float32 sums: r_j is good to about 2^-23 (1 + r_j) relatively.</remarks>
    public void SignalToNoise(Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        float[] sums = _sum.Flat.ToArray();
        float[] squares = _squares?.Flat.ToArray() ?? throw new InvalidOperationException("the signal-to-noise ratio needs batches with a SquaredSum");
        for (int j = 0; j < sums.Length; j++)
        {
            double mean = (double)sums[j] / Count, variance = Math.Max(0, ((double)squares[j] / Count) - (mean * mean));
            sums[j] = mean == 0 ? 0 : (float)(mean * mean / variance);
        }

        destination.CopyFrom(sums);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sum.Dispose();
        _squares?.Dispose();
    }
}
