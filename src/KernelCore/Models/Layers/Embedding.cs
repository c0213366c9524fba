using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Rows of a table by token id: [batch, tokens] to [batch, tokens, dim].</summary>
/// <param name="Vocab">Rows of the table.</param>
/// <param name="Dim">Columns of the table.</param>
/// <param name="PaddingIdx">A row that starts at zero and gets no gradient; null for none.</param>
public sealed record Embedding(int Vocab, int Dim, int? PaddingIdx = null) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters =>
        [new ParameterSpec("weight", [Vocab, Dim], Initializers.Normal(1, PaddingIdx ?? -1, Dim))];

    internal override LayerStep CreateStep(StepContext context) => new EmbeddingStep(context, this);
}

/// <summary>Adds a learned row per position to every sample: [batch, tokens, dim], weight [tokens, dim].</summary>
/// <param name="Tokens">Positions.</param>
/// <param name="Dim">Width.</param>
/// <remarks>The broadcast embedding of a PyTorch model that looks up <c>arange(tokens)</c> once for all samples.</remarks>
public sealed record PositionalEmbedding(int Tokens, int Dim) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters => [new ParameterSpec("weight", [Tokens, Dim], Initializers.Normal(0.02f))];

    internal override LayerStep CreateStep(StepContext context) => new PositionalEmbeddingStep(context, this);
}

internal sealed class EmbeddingStep : LayerStep
{
    private readonly Embedding _layer;
    private readonly ParameterReference _weight;
    private readonly string _range;
    private IndexTensor? _tokens;

    public EmbeddingStep(StepContext context, Embedding layer)
        : base(context)
    {
        (_layer, _weight) = (layer, context.Parameter("weight"));
        _range = $"rows in the table of layer '{Name}'";
        if (layer.PaddingIdx is { } padding && (uint)padding >= (uint)layer.Vocab)
        {
            throw Invalid($"padding_idx {padding} is not a row of {layer.Vocab}");
        }
    }

    public override bool HasTrainable => _weight.Trainable;

    public override void Bind(Tensor? features, IndexTensor? tokens)
    {
        _tokens = tokens ?? throw Invalid("takes tokens, but its input is real-valued");
        EnsureOutput();
    }

    protected override Tensor CreateOutput() => Allocate([_tokens!.Shape[0], _tokens.Shape.Rank > 1 ? _tokens.Shape[1] : 1, _layer.Dim]);

    public override void Forward(ForwardMode mode)
    {
        IndexGuard.Check(_tokens!, _layer.Vocab, "token", _range);
        Kernels.Layers.Embedding(_tokens!, _weight.Tensor, Output);
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        return output;
    }

    public override void Backward() { }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        yield return new LayerCapture
        {
            Layer = Name,
            Kind = CaptureKind.Lookup,
            Batch = Output.Shape[0],
            Positions = Output.Shape[1],
            WeightShape = _weight.Tensor.Shape,
            WeightIndex = _weight.CaptureIndex,
            Indices = _tokens,
            PaddingIndex = _layer.PaddingIdx ?? -1,
            Backprop = OutputGradient,
            Output = Output,
            Layout = new ChannelLayout(Output.Shape[1], _layer.Dim, 1),
        };
    }

    public override void TangentForward(ParameterVector direction) =>
        Kernels.Tangents.Embedding(_tokens!, _layer.PaddingIdx ?? -1, Along(direction, _weight)!, OutputTangent!);

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        return output;
    }

    public override void TangentBackward(ParameterVector direction, bool curved) { }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(null, OutputGradientTangent);
    }
}

internal sealed class PositionalEmbeddingStep(StepContext context, PositionalEmbedding layer) : LayerStep(context)
{
    private readonly ParameterReference _weight = context.Parameter("weight");
    private Tensor? _inputTangent;

    public override bool HasTrainable => _weight.Trainable;

    protected override Tensor CreateOutput()
    {
        Require(
            Input.Shape.Rank == 3 && Input.Shape[1] == layer.Tokens && Input.Shape[2] == layer.Dim, $"[batch, {layer.Tokens}, {layer.Dim}]");
        return Allocate(Input.Shape);
    }

    public override void Forward(ForwardMode mode) => Kernels.Layers.AddRow(Input, _weight.Tensor, Output);

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        return output with { MayOverwrite = false };
    }

    public override void Backward() { }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        yield return new LayerCapture
        {
            Layer = Name,
            Kind = CaptureKind.Broadcast,
            Batch = Input.Shape[0],
            Positions = 1,
            WeightShape = _weight.Tensor.Shape,
            WeightIndex = _weight.CaptureIndex,
            Backprop = OutputGradient,
            Layout = new ChannelLayout(1, layer.Tokens * layer.Dim, 1),
        };
    }

    protected override Tensor? CreateOutputTangent()
    {
        if (!HasTrainable)
        {
            return InputTangent;
        }

        _inputTangent = InputTangent ?? Allocate(Input.Shape);
        return Allocate(Input.Shape);
    }

    public override void TangentForward(ParameterVector direction)
    {
        if (Along(direction, _weight) is { } weightTangent)
        {
            Kernels.Layers.AddRow(_inputTangent!, weightTangent, OutputTangent!);
        }
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        return output with { MayOverwrite = false };
    }

    public override void TangentBackward(ParameterVector direction, bool curved) { }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(null, OutputGradientTangent);
    }
}
