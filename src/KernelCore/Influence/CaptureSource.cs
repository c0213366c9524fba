using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.Influence;

/// <summary>Runs samples of a data set through a model and hands out the captures of each pass.</summary>
internal sealed class CaptureSource : IDisposable
{
    private readonly IModel _model;
    private readonly Loss _loss;
    private readonly GradientScope _scope;
    private readonly BatchLoader _loader;
    private readonly int[] _order;
    private Tensor? _losses;

    public CaptureSource(IModel model, Dataset data, Loss loss, GradientScope scope, int batchSize)
    {
        if (scope != GradientScope.Model && model.Head is null)
        {
            throw new KernelCoreException("last-layer influence needs a model that ends in a linear layer");
        }

        (_model, Data, _loss, _scope) = (model, data, loss, scope);
        BatchSize = Math.Min(batchSize, data.Count);
        _loader = new BatchLoader(data, model.Device, BatchSize);
        _order = [.. Enumerable.Range(0, data.Count)];
    }

    public Dataset Data { get; }

    /// <summary>Samples of a full pass.</summary>
    public int BatchSize { get; }

    /// <summary>Losses of the samples of the latest pass.</summary>
    public Tensor Losses => _losses!;

    /// <summary>One pass over samples start, ..., start + count - 1; the captures are valid until the model's next pass.</summary>
    public CaptureSet Run(int start, int count)
    {
        Batch batch = _loader.Load(_order.AsSpan(start, count));
        IForwardPass pass = _model.Forward(batch, ForwardMode.Evaluation);
        Classifier.CheckFits(pass, Data);
        if (_losses is null || _losses.Count != count)
        {
            _losses?.Dispose();
            _losses = _model.Device.Allocate([count]);
        }

        _loss.Evaluate(pass.Outputs, batch, 1, _losses, pass.Cotangent);
        CaptureSet captures = _scope == GradientScope.Model ? pass.Backward() : new CaptureSet([HeadCapture(pass)]);
        foreach (LayerCapture capture in captures.Captures)
        {
            if (capture.CouplingReason is { } reason)
            {
                throw new UnsupportedLayerException(capture.Layer, reason);
            }
        }

        return captures;
    }

    public void Dispose()
    {
        _loader.Dispose();
        _losses?.Dispose();
    }

    /// <summary>The gradient of the head is dloss/dlogits times the head's input: no backward pass needed.</summary>
    private LayerCapture HeadCapture(IForwardPass pass)
    {
        Head head = _model.Head!;
        Tensor input = pass.HeadInput ?? throw new KernelCoreException("last-layer influence needs a model whose head works on vectors");
        Shape weight = _model.Parameters.Layout.Parameters[head.WeightIndex].Shape;
        return new LayerCapture
        {
            Layer = "head",
            Kind = CaptureKind.Linear,
            Batch = input.Shape[0],
            Positions = 1,
            WeightShape = weight,
            WeightIndex = head.WeightIndex,
            BiasIndex = _scope == GradientScope.Head ? head.BiasIndex : -1,
            Activation = input,
            Backprop = pass.Cotangent,
            Layout = new ChannelLayout(1, weight[0], 1),
        };
    }
}
