using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Normalises the last axis to mean 0 and variance 1, then scales and shifts (arXiv 1607.06450).</summary>
/// <param name="Dim">Width of the last axis.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Bias">Whether there is a shift.</param>
public sealed record LayerNorm(int Dim, float Eps = 1e-5f, bool Bias = true) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters => NormalisationStep.Specify(Dim, Bias);

    internal override LayerStep CreateStep(StepContext context) => new LayerNormStep(context, this);
}

/// <summary>Normalises groups of channels with their positions, per sample (arXiv 1803.08494).</summary>
/// <param name="Groups">Number of groups; divides the channels.</param>
/// <param name="Channels">Channels: axis 1 of the input.</param>
/// <param name="Eps">Added to the variance.</param>
public sealed record GroupNorm(int Groups, int Channels, float Eps = 1e-5f) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters => NormalisationStep.Specify(Channels, bias: true);

    internal override LayerStep CreateStep(StepContext context) => new GroupNormStep(context, this);
}

/// <summary>Normalises channels by batch statistics while training, by running ones otherwise (arXiv 1502.03167).</summary>
/// <param name="Channels">Channels: axis 1 of the input.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Momentum">Weight of the newest batch in the running statistics.</param>
/// <remarks>In training mode every sample's gradient depends on the whole batch: per-sample quantities are refused there.</remarks>
public sealed record BatchNorm2d(int Channels, float Eps = 1e-5f, float Momentum = 0.1f) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters => NormalisationStep.Specify(Channels, bias: true);

    internal override IEnumerable<ParameterSpec> Buffers =>
    [
        new ParameterSpec("running_mean", [Channels], Initializers.Constant(0)),
        new ParameterSpec("running_var", [Channels], Initializers.Constant(1)),
    ];

    internal override LayerStep CreateStep(StepContext context) => new BatchNormStep(context, this);
}

/// <summary>What the normalisations share: xhat, then y = gamma xhat + beta on the channel axis.</summary>
internal abstract class NormalisationStep : LayerStep
{
    private readonly ParameterReference _weight;
    private readonly ParameterReference? _bias;
    private readonly bool _keepsGradient;
    private Tensor? _normalized, _gn, _gx, _rnormalized, _rgx;

    protected NormalisationStep(StepContext context, bool bias)
        : base(context)
    {
        _weight = context.Parameter("weight");
        _bias = bias ? context.Parameter("bias") : null;
        _keepsGradient = context.KeepsGradients;
    }

    public override bool HasTrainable => _weight.Trainable || _bias is { Trainable: true };

    /// <summary>Position of the channel axis in the whole batch.</summary>
    protected abstract ChannelLayout Layout { get; }

    protected Tensor Normalized => _normalized!;

    public static IEnumerable<ParameterSpec> Specify(int channels, bool bias)
    {
        yield return new ParameterSpec("weight", [channels], Initializers.Constant(1));
        if (bias)
        {
            yield return new ParameterSpec("bias", [channels], Initializers.Constant(0));
        }
    }

    protected override Tensor CreateOutput()
    {
        _normalized = Allocate(Input.Shape);
        return Allocate(Input.Shape);
    }

    public override void Forward(ForwardMode mode)
    {
        Normalise(mode);
        Kernels.Layers.ScaleShift(Layout, Normalized, _weight.Tensor, _bias?.Tensor, Output);
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gn = needInput ? Allocate(Input.Shape) : null;
        _gx = needInput && _keepsGradient ? Allocate(Input.Shape) : _gn;
        return new GradientSlot(_gx!, MayOverwrite: true);
    }

    public override void Backward()
    {
        if (_gn is not null)
        {
            Kernels.Layers.ScaleShift(Layout, OutputGradient, _weight.Tensor, null, _gn);
            NormaliseGradient(_gn, _gx!);
        }
    }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        int batch = Input.Shape[0];
        ChannelLayout sample = Layout with { Outer = batch == 0 ? 0 : Layout.Outer / batch };
        yield return new LayerCapture
        {
            Layer = Name,
            Kind = CaptureKind.ScaleShift,
            Batch = batch,
            Positions = sample.Outer * sample.Inner,
            WeightShape = _weight.Tensor.Shape,
            WeightIndex = _weight.CaptureIndex,
            BiasIndex = _bias?.CaptureIndex ?? -1,
            Bias = _bias?.Tensor,
            Activation = Normalized,
            Backprop = OutputGradient,
            Output = Output,
            Layout = sample,
            CouplingReason = CouplingReason(mode),
        };
    }

    protected override Tensor? CreateOutputTangent()
    {
        _rnormalized = InputTangent is null ? null : Allocate(Input.Shape);
        return base.CreateOutputTangent();
    }

    public override void TangentForward(ParameterVector direction)
    {
        if (_rnormalized is not null)
        {
            NormaliseTangent(InputTangent!, _rnormalized);
        }

        Kernels.Tangents.ScaleShift(
            Layout, Normalized, _rnormalized, _weight.Tensor, Along(direction, _weight), Along(direction, _bias), OutputTangent!);
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgx = InputTangent is null ? null : Allocate(Input.Shape);
        return new GradientSlot(_rgx!, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        if (_rgx is null)
        {
            return;
        }

        Tensor? weightTangent = curved ? Along(direction, _weight) : null;
        Kernels.Tangents.ScaleShift(Layout, OutputGradient, OutputGradientTangent, _weight.Tensor, weightTangent, null, _rgx);
        if (curved)
        {
            NormaliseGradientTangent(_rnormalized!, _gn!, _rgx);
        }
        else
        {
            NormaliseGradient(_rgx, _rgx);
        }
    }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(_rnormalized, OutputGradientTangent);
    }

    /// <summary>Writes xhat.</summary>
    protected abstract void Normalise(ForwardMode mode);

    /// <summary>Turns dLoss/dxhat into dLoss/dx, possibly in place.</summary>
    protected abstract void NormaliseGradient(Tensor gn, Tensor gx);

    /// <summary>Turns the tangent of x into that of xhat.</summary>
    protected abstract void NormaliseTangent(Tensor rx, Tensor rnormalized);

    /// <summary>Turns the tangent of dLoss/dxhat into that of dLoss/dx, in place.</summary>
    protected abstract void NormaliseGradientTangent(Tensor rnormalized, Tensor gn, Tensor tangent);

    protected virtual string? CouplingReason(ForwardMode mode) => null;
}

/// <summary>Normalisation of contiguous segments of each sample.</summary>
internal abstract class SegmentNormStep(StepContext context, float epsilon, bool bias) : NormalisationStep(context, bias)
{
    private Tensor? _inverseDeviation, _projection;

    /// <summary>Segments in the batch.</summary>
    protected abstract int Segments { get; }

    /// <summary>Elements of one.</summary>
    protected abstract int Length { get; }

    protected override Tensor CreateOutput()
    {
        _inverseDeviation = Allocate([Segments]);
        return base.CreateOutput();
    }

    protected override void Normalise(ForwardMode mode) =>
        Kernels.Layers.NormalizeSegments(Segments, Length, epsilon, Input, Normalized, _inverseDeviation!);

    protected override void NormaliseGradient(Tensor gn, Tensor gx) =>
        Kernels.Layers.NormalizeSegmentsGradient(Segments, Length, Normalized, _inverseDeviation!, gn, gx);

    protected override Tensor? CreateOutputTangent()
    {
        _projection = Allocate([Segments]);
        return base.CreateOutputTangent();
    }

    protected override void NormaliseTangent(Tensor rx, Tensor rnormalized) =>
        Kernels.Tangents.NormalizeSegments(Segments, Length, Normalized, _inverseDeviation!, rx, rnormalized, _projection!);

    protected override void NormaliseGradientTangent(Tensor rnormalized, Tensor gn, Tensor tangent) => Kernels.Tangents.NormalizeSegmentsGradient(
        Segments, Length, Normalized, _inverseDeviation!, rnormalized, _projection!, gn, tangent, tangent);
}

internal sealed class LayerNormStep(StepContext context, LayerNorm layer) : SegmentNormStep(context, layer.Eps, layer.Bias)
{
    private ChannelLayout _layout;

    protected override ChannelLayout Layout => _layout;

    protected override int Segments => _layout.Outer;

    protected override int Length => layer.Dim;

    protected override Tensor CreateOutput()
    {
        Require(Input.Shape.Rank >= 2 && Input.Shape[-1] == layer.Dim, $"[batch, ..., {layer.Dim}]");
        _layout = new ChannelLayout(layer.Dim == 0 ? 0 : (int)(Input.Count / layer.Dim), layer.Dim, 1);
        return base.CreateOutput();
    }
}

internal sealed class GroupNormStep(StepContext context, GroupNorm layer) : SegmentNormStep(context, layer.Eps, bias: true)
{
    private ChannelLayout _layout;

    protected override ChannelLayout Layout => _layout;

    protected override int Segments => _layout.Outer * layer.Groups;

    protected override int Length => layer.Channels / layer.Groups * _layout.Inner;

    protected override Tensor CreateOutput()
    {
        Require(Input.Shape.Rank >= 3 && Input.Shape[1] == layer.Channels, $"[batch, {layer.Channels}, ...]");
        if (layer.Groups < 1 || layer.Channels % layer.Groups != 0)
        {
            throw Invalid($"{layer.Groups} groups do not divide {layer.Channels} channels");
        }

        _layout = new ChannelLayout(Input.Shape[0], layer.Channels, (int)Input.Shape.DropFirst().DropFirst().Count);
        return base.CreateOutput();
    }
}

internal sealed class BatchNormStep(StepContext context, BatchNorm2d layer) : NormalisationStep(context, bias: true)
{
    private readonly Tensor _runningMean = context.Buffer("running_mean"), _runningVariance = context.Buffer("running_var");
    private readonly Tensor _mean = context.Allocate([layer.Channels]), _variance = context.Allocate([layer.Channels]);
    private readonly Tensor _inverseDeviation = context.Allocate([layer.Channels]);
    private ChannelLayout _layout;
    private ForwardMode _mode;

    protected override ChannelLayout Layout => _layout;

    protected override Tensor CreateOutput()
    {
        Require(Input.Shape.Rank == 4 && Input.Shape[1] == layer.Channels, $"[batch, {layer.Channels}, height, width]");
        _layout = new ChannelLayout(Input.Shape[0], layer.Channels, Input.Shape[2] * Input.Shape[3]);
        return base.CreateOutput();
    }

    protected override void Normalise(ForwardMode mode)
    {
        _mode = mode;
        ILayerKernels kernels = Kernels.Layers;
        if (mode == ForwardMode.Evaluation)
        {
            kernels.NormalizeChannels(_layout, layer.Eps, Input, _runningMean, _runningVariance, Normalized, _inverseDeviation);
            return;
        }

        int count = _layout.Outer * _layout.Inner;
        if (count < 2)
        {
            throw Invalid("batch statistics need more than one value per channel");
        }

        kernels.ChannelStatistics(_layout, Input, _mean, _variance);
        kernels.NormalizeChannels(_layout, layer.Eps, Input, _mean, _variance, Normalized, _inverseDeviation);
        Fold(_runningMean, _mean, layer.Momentum);
        Fold(_runningVariance, _variance, layer.Momentum * count / (count - 1));
    }

    protected override void NormaliseGradient(Tensor gn, Tensor gx) => Kernels.Layers.NormalizeChannelsGradient(
        _layout, _mode == ForwardMode.Training, Normalized, _inverseDeviation, gn, gx);

    /// <summary>Tangents are taken in evaluation mode, where this is linear.</summary>
    protected override void NormaliseTangent(Tensor rx, Tensor rnormalized) => NormaliseGradient(rx, rnormalized);

    protected override void NormaliseGradientTangent(Tensor rnormalized, Tensor gn, Tensor tangent) => NormaliseGradient(tangent, tangent);

    protected override string? CouplingReason(ForwardMode mode) => mode == ForwardMode.Training
        ? "batch normalisation in training mode couples the samples of a batch, so per-sample gradients do not exist; use evaluation mode, or the head scores"
        : null;

    /// <summary>running = (1 - momentum) running + weight statistic; the variance's weight makes it the unbiased one.</summary>
    private void Fold(Tensor running, Tensor statistic, float weight)
    {
        Kernels.Parameters.Scale(1 - layer.Momentum, running);
        Kernels.Parameters.Axpy(weight, statistic, running);
    }
}
