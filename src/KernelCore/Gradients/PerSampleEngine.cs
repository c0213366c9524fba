using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>
/// Answers a <see cref="GradientQuery"/> from one forward and one backward pass, without storing per-sample
/// gradients (unless asked to).
/// </summary>
/// <remarks>
/// Buffers are kept per batch size, so a repeated evaluation allocates nothing on the managed heap. Float32 products,
/// double totals; results do not depend on the number of threads. Not thread safe.
/// </remarks>
public sealed class PerSampleEngine : IDisposable
{
    private const int MaxResults = 4;

    private readonly IModel? _model;
    private readonly ParameterVector _weights;
    private readonly GradientQuery _query;
    private readonly List<GradientResult> _results = [];
    private readonly double[] _weightNorms;
    private readonly Device _device;
    private readonly IPerSampleKernels _kernels;
    private readonly WeightAlignment _alignment;
    private readonly GradientProjector? _projector;
    private float[] _norms = [], _scratch = [];

    /// <summary>Creates an engine for a model.</summary>
    public PerSampleEngine(IModel model, GradientQuery query)
        : this(model?.Parameters ?? throw new ArgumentNullException(nameof(model)), query) => _model = model;

    /// <summary>Creates an engine for captures that come from elsewhere.</summary>
    /// <param name="weights">The weights the captures were made with.</param>
    /// <param name="query">What to compute.</param>
    public PerSampleEngine(ParameterVector weights, GradientQuery query)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(query);
        if (query.ClipNorm is { } clip && !(clip > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(query), $"the clip norm is positive, got {clip}");
        }

        if (query.Direction is { } direction && direction.Layout.Count != weights.Layout.Count)
        {
            throw new ArgumentException($"the direction has {direction.Layout.Count} scalars, the model {weights.Layout.Count}", nameof(query));
        }

        (_weights, _query) = (weights, query);
        _device = weights.Flat.Device;
        _kernels = _device.Kernels.PerSample;
        _alignment = new WeightAlignment(weights);
        _weightNorms = new double[weights.Layout.Parameters.Count];
        _projector = query.Projection is { } projection ? new GradientProjector(weights.Layout, _device, projection) : null;
    }

    /// <summary>Runs the model forward in evaluation mode, the loss, the model backward, and the query.</summary>
    /// <exception cref="UnsupportedLayerException">A layer admits no per-sample gradients.</exception>
    public GradientResult Evaluate(Batch batch, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        IModel model = _model ?? throw new InvalidOperationException("this engine was made without a model; pass it captures");
        return Evaluate(model.Forward(batch, ForwardMode.Evaluation), batch, loss);
    }

    /// <summary>Continues a forward pass: the loss, the backward pass, and the query.</summary>
    /// <param name="pass">The model's latest pass, not yet run backward.</param>
    /// <param name="batch">The samples of the pass.</param>
    /// <param name="loss">Loss of each sample.</param>
    public GradientResult Evaluate(IForwardPass pass, Batch batch, Loss loss)
    {
        ArgumentNullException.ThrowIfNull(pass);
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(loss);
        loss.Evaluate(pass.Outputs, batch, 1, ResultFor(batch.Count).Losses, pass.Cotangent);
        return Evaluate(pass.Backward());
    }

    /// <summary>Answers the query from captures.</summary>
    /// <param name="captures">From a backward pass with unscaled cotangents (each sample's own loss).</param>
    /// <exception cref="UnsupportedLayerException">A layer admits no per-sample gradients.</exception>
    public GradientResult Evaluate(CaptureSet captures)
    {
        ArgumentNullException.ThrowIfNull(captures);
        Refuse(captures);
        GradientResult result = ResultFor(captures.Batch);
        if (_query.ClipNorm is not null)
        {
            result.PlanClipping(captures, _weights);
        }

        for (int i = 0; i < captures.Parameters.Count; i++)
        {
            Reduce(captures.Parameters[i], first: i == 0, result);
        }

        if (_query.ClipNorm is { } clip)
        {
            result.ClippedSums!.Run(clip);
        }

        Total(result.SquaredNorms);
        Total(result.WeightDots);
        Total(result.DirectionDots);
        if (_query.Cosines)
        {
            Cosines(result);
        }

        if (_projector is not null)
        {
            _projector.Project(captures, ref result.ProjectedRows);
            result.ProjectedBlocks = _projector.Blocks;
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _results.ForEach(r => r.Dispose());
        _results.Clear();
        _projector?.Dispose();
    }

    private static void Refuse(CaptureSet captures)
    {
        for (int i = 0; i < captures.Captures.Count; i++)
        {
            if (captures.Captures[i] is { CouplingReason: { } reason, Layer: var layer })
            {
                throw new UnsupportedLayerException(layer, reason);
            }
        }
    }

    private GradientResult ResultFor(int batch)
    {
        foreach (GradientResult kept in _results)
        {
            if (kept.Batch == batch)
            {
                return kept;
            }
        }

        if (_results.Count == MaxResults)
        {
            _results[0].Dispose();
            _results.RemoveAt(0);
        }

        var result = new GradientResult(_query, _weights.Layout, _device, batch);
        _results.Add(result);
        return result;
    }

    private void Reduce(ParameterUses parameter, bool first, GradientResult result)
    {
        if (result.ClippedSums is not { } clipped || !clipped.Aligns(parameter))
        {
            _alignment.Run(parameter, result);
        }

        ReadOnlySpan<LayerCapture> uses = parameter.Uses;
        (int index, ParameterRole role) = (parameter.Parameter, parameter.Role);
        if (result.DirectionDots is { } dots)
        {
            parameter.Dots(_query.Direction!, dots);
        }

        if (result.Gram is { } gram)
        {
            Gram(parameter, accumulate: !first, gram);
        }

        if (result.SquaredSum is { } squaredSum)
        {
            _kernels.SquaredSum(uses, role, 1, 0, squaredSum[index]);
        }

        if (result.Sum is { } sum)
        {
            _kernels.WeightedSum(uses, role, null, 0, sum[index]);
        }

        if (result.Gradients is { } gradients)
        {
            _kernels.Materialise(uses, role, gradients[index]);
        }
    }

    /// <summary>Adds a parameter's Gram matrix; the first of a layer's two adds both.</summary>
    private void Gram(ParameterUses parameter, bool accumulate, Tensor gram)
    {
        ReadOnlySpan<LayerCapture> uses = parameter.Uses;
        if (parameter.Partner is not { } partner)
        {
            _kernels.Gram(uses, uses, parameter.Role, accumulate, gram);
        }
        else if (parameter.Parameter < partner.Parameter)
        {
            _kernels.LayerGram(uses, uses, accumulate, gram);
        }
    }

    private void Total(PerSampleScalar? scalar)
    {
        if (scalar is not null)
        {
            _device.Kernels.Parameters.SumRows(scalar.ByParameter, scalar.Total);
        }
    }

    private void Cosines(GradientResult result)
    {
        double total = 0;
        for (int k = 0; k < _weightNorms.Length; k++)
        {
            Tensor weight = _weights[k];
            double squared = _weights.Layout.Parameters[k].Trainable ? _device.Kernels.Parameters.Dot(weight, weight) : 0;
            _weightNorms[k] = Math.Sqrt(squared);
            total += squared;
        }

        int batch = result.Batch;
        Reserve(batch * Math.Max(1, _weightNorms.Length));
        Divide(result.WeightDots!.Total, result.SquaredNorms!.Total, result.Cosines!.Total, batch, [Math.Sqrt(total)]);
        Divide(result.WeightDots.ByParameter, result.SquaredNorms.ByParameter, result.Cosines.ByParameter, batch, _weightNorms);
    }

    private void Divide(Tensor dots, Tensor squaredNorms, Tensor cosines, int batch, ReadOnlySpan<double> weightNorms)
    {
        Span<float> numerator = _scratch.AsSpan(0, (int)dots.Count), denominator = _norms.AsSpan(0, (int)dots.Count);
        dots.CopyTo(numerator);
        squaredNorms.CopyTo(denominator);
        for (int i = 0; i < numerator.Length; i++)
        {
            double norm = Math.Sqrt(denominator[i]) * weightNorms[i / batch];
            numerator[i] = norm == 0 ? 0 : (float)(numerator[i] / norm);
        }

        cosines.CopyFrom(numerator);
    }

    private void Reserve(int count)
    {
        if (_scratch.Length < count)
        {
            (_scratch, _norms) = (new float[count], new float[count]);
        }
    }
}
