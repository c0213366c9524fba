using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>A way to attribute a model's loss on test samples to its training samples.</summary>
/// <remarks>Positive means proponent: training on the sample lowers the loss of the test sample. Not thread safe.</remarks>
public abstract class InfluenceMethod
{
    private protected InfluenceMethod() { }

    /// <summary>Short name, as on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Samples per forward and backward pass, at least 1; it changes speed and memory, results by roundings at most.</summary>
    public int BatchSize
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 256;

    /// <summary>Bytes of captures to hold at most, unless one sample takes more.</summary>
    internal long HeldBytes { get; set; } = 128L << 20;

    /// <summary>Influence of every training sample on every test sample, computed as the result is read.</summary>
    /// <param name="train">Training samples with the labels that were learnt.</param>
    /// <param name="test">Test samples.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Checked before every pass.</param>
    /// <exception cref="UnsupportedLayerException">A layer admits no per-sample gradients.</exception>
    public InfluenceTiles Compute(
        Dataset train, Dataset test, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        return new InfluenceTiles(test.Count, train.Count, Tiles(train, test, progress, cancellationToken));
    }

    /// <summary>Influence of every sample on itself: high for memorised, atypical and mislabelled samples.</summary>
    /// <param name="data">Training samples.</param>
    /// <param name="cancellationToken">Checked before every pass.</param>
    /// <returns>A value per sample.</returns>
    /// <exception cref="UnsupportedLayerException">A layer admits no per-sample gradients.</exception>
    public abstract double[] SelfInfluence(Dataset data, CancellationToken cancellationToken = default);

    /// <summary>The rows of the matrix in order.</summary>
    private protected abstract IEnumerable<InfluenceTile> Tiles(
        Dataset train, Dataset test, IProgress<double>? progress, CancellationToken cancellationToken);
}
