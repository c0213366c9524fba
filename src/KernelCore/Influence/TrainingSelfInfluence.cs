using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.Influence;

/// <summary>
/// TracInCP self-influence (arXiv 2002.08484), sum_c rate_c ||g_i(c)||^2, collected while a model trains: no checkpoint is stored.
/// </summary>
/// <remarks>Hand it to <see cref="Trainer.Fit"/> as progress. A forward and a backward pass in evaluation mode for every checkpoint.</remarks>
public sealed class TrainingSelfInfluence : IProgress<EpochRecord>
{
    private readonly IModel _model;
    private readonly Dataset _train;
    private readonly int _epochs, _checkpoints;
    private readonly IProgress<EpochRecord>? _next;
    private readonly CancellationToken _cancellation;

    /// <summary>Prepares.</summary>
    /// <param name="model">The model that trains.</param>
    /// <param name="train">Its training samples, with the labels that are learnt.</param>
    /// <param name="epochs">Epochs that it will train for.</param>
    /// <param name="next">Receives the epochs afterwards.</param>
    /// <param name="cancellationToken">Checked before every pass.</param>
    /// <param name="checkpoints">Epochs to look at: evenly spaced, the last one included.</param>
    public TrainingSelfInfluence(
        IModel model, Dataset train, int epochs, IProgress<EpochRecord>? next = null, CancellationToken cancellationToken = default, int checkpoints = 5)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(checkpoints, 1);
        (_model, _train, _epochs, _next, _cancellation) = (model, train, epochs, next, cancellationToken);
        _checkpoints = Math.Min(checkpoints, epochs);
        Values = new double[train.Count];
    }

    /// <summary>The sum so far, per sample.</summary>
    public double[] Values { get; }

    /// <summary>Adds the epoch if it is a checkpoint.</summary>
    /// <param name="value">An epoch that has just ended; its last learning rate is the weight.</param>
    /// <exception cref="UnsupportedLayerException">A layer admits no per-sample gradients.</exception>
    public void Report(EpochRecord value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if ((long)value.Epoch * _checkpoints / _epochs > (value.Epoch - 1L) * _checkpoints / _epochs)
        {
            GradientProducts method = GradientProducts.TracIn([Checkpoint.Of(_model, value.LearningRate)]);
            TensorPrimitives.Add(Values, method.SelfInfluence(_train, _cancellation), Values);
        }

        _next?.Report(value);
    }
}
