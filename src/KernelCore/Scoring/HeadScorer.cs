using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Scoring;

/// <summary>The head quantities of one batch, in host memory; valid until the scorer's next batch.</summary>
public readonly ref struct HeadScores
{
    private readonly ReadOnlySpan<float> _values;

    internal HeadScores(ReadOnlySpan<float> values, int count)
    {
        _values = values;
        Count = count;
    }

    /// <summary>Samples.</summary>
    public int Count { get; }

    /// <summary>One quantity for every sample of the batch.</summary>
    public ReadOnlySpan<float> this[HeadQuantity quantity] => _values.Slice((int)quantity * Count, Count);
}

/// <summary>Runs the fused head kernel: everything that logits, labels and the head's input tell about each sample.</summary>
/// <remarks>Costs one pass over the logits and no backward pass. Allocates only when the batch size grows. Not thread safe.</remarks>
public sealed class HeadScorer : IDisposable
{
    private readonly IModel _model;
    private readonly ScoreMode _mode;
    private readonly List<Tensor> _results = [];
    private float[] _host = [];

    /// <summary>Creates a scorer for a model.</summary>
    /// <param name="model">A classifier; alignment needs its final layer to be linear.</param>
    /// <param name="mode">Arithmetic of the alignment.</param>
    public HeadScorer(IModel model, ScoreMode mode = ScoreMode.Exact)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _mode) = (model, mode);
    }

    /// <summary>Scores the samples of a forward pass with the model's current weights.</summary>
    public HeadScores Compute(IForwardPass pass, IndexTensor labels)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(labels);
        IndexGuard.Check(labels, pass.Outputs.Shape[-1], "label", "classes");
        int count = (int)labels.Count;
        Tensor result = ResultFor(count);
        Head? head = pass.HeadInput is null ? null : _model.Head;
        Tensor? weight = head is null ? null : _model.Parameters[head.WeightIndex];
        Tensor? bias = head is { BiasIndex: >= 0 } ? _model.Parameters[head.BiasIndex] : null;
        float norm = weight is null ? 0 : (float)Math.Sqrt(_model.Device.Kernels.Parameters.Dot(weight, weight));
        _model.Device.Kernels.Losses.HeadScores(pass.Outputs, labels, head is null ? null : pass.HeadInput, bias, norm, _mode, result);
        if (_host.Length < result.Count)
        {
            _host = new float[result.Count];
        }

        Span<float> values = _host.AsSpan(0, (int)result.Count);
        result.CopyTo(values);
        return new HeadScores(values, count);
    }

    /// <inheritdoc/>
    public void Dispose() => _results.ForEach(r => r.Dispose());

    private Tensor ResultFor(int count)
    {
        foreach (Tensor kept in _results)
        {
            if (kept.Shape[1] == count)
            {
                return kept;
            }
        }

        Tensor result = _model.Device.Allocate([ILossKernels.HeadQuantities, count]);
        _results.Add(result);
        return result;
    }
}
