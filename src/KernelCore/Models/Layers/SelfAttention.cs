using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Multi-head scaled dot-product self-attention (arXiv 1706.03762), PyTorch's MultiheadAttention with batch first.</summary>
/// <param name="Dim">Model width; a multiple of the heads.</param>
/// <param name="Heads">Number of heads.</param>
/// <remarks>Parameters <c>in_proj.weight</c> [3 dim, dim] (q, k, v), <c>in_proj.bias</c>, <c>out_proj.weight</c>, <c>out_proj.bias</c>;
/// files may call the first two <c>in_proj_weight</c> and <c>in_proj_bias</c>, as PyTorch does.</remarks>
public sealed record SelfAttention(int Dim, int Heads) : Layer
{
    internal override IEnumerable<ParameterSpec> Parameters =>
    [
        new ParameterSpec("in_proj.weight", [3 * Dim, Dim], Initializers.Xavier(Dim, 3 * Dim)),
        new ParameterSpec("in_proj.bias", [3 * Dim], Initializers.Constant(0)),
        new ParameterSpec("out_proj.weight", [Dim, Dim], Initializers.FanIn(Dim)),
        new ParameterSpec("out_proj.bias", [Dim], Initializers.Constant(0)),
    ];

    internal override LayerStep CreateStep(StepContext context) => new SelfAttentionStep(context, this);
}

internal sealed class SelfAttentionStep : LayerStep
{
    private readonly SelfAttention _layer;
    private readonly ParameterReference _inWeight, _inBias, _outWeight, _outBias;
    private AttentionGeometry _geometry;
    private Tensor? _qkv, _probabilities, _mixed, _gmixed, _gqkv, _gx;
    private Tensor? _rqkv, _rprobabilities, _rmixed, _rgmixed, _rgqkv, _rgx;

    public SelfAttentionStep(StepContext context, SelfAttention layer)
        : base(context)
    {
        _layer = layer;
        _inWeight = context.Parameter("in_proj.weight");
        _inBias = context.Parameter("in_proj.bias");
        _outWeight = context.Parameter("out_proj.weight");
        _outBias = context.Parameter("out_proj.bias");
        if (layer.Heads < 1 || layer.Dim % layer.Heads != 0)
        {
            throw Invalid($"{layer.Heads} heads do not divide the width {layer.Dim}");
        }
    }

    public override bool HasTrainable => _inWeight.Trainable;

    protected override Tensor CreateOutput()
    {
        Require(Input.Shape.Rank == 3 && Input.Shape[2] == _layer.Dim, $"[batch, tokens, {_layer.Dim}]");
        int batch = Input.Shape[0], tokens = Input.Shape[1];
        _geometry = new AttentionGeometry(batch, tokens, _layer.Heads, _layer.Dim / _layer.Heads);
        _qkv = Allocate([batch, tokens, 3 * _layer.Dim]);
        _probabilities = Allocate([batch, _layer.Heads, tokens, tokens]);
        _mixed = Allocate(Input.Shape);
        return Allocate(Input.Shape);
    }

    public override void Forward(ForwardMode mode)
    {
        ILinearAlgebra algebra = Kernels.LinearAlgebra;
        algebra.Gemm(false, true, 1, Matrix.Of(Input), Matrix.Of(_inWeight.Tensor), 0, Matrix.Of(_qkv!), _inBias.Tensor);
        Kernels.Layers.Attention(_geometry, _qkv!, _probabilities!, _mixed!);
        algebra.Gemm(false, true, 1, Matrix.Of(_mixed!), Matrix.Of(_outWeight.Tensor), 0, Matrix.Of(Output), _outBias.Tensor);
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gmixed = Allocate(Input.Shape);
        _gqkv = Allocate(_qkv!.Shape);
        _gx = needInput ? Allocate(Input.Shape) : null;
        return new GradientSlot(_gx!, MayOverwrite: true);
    }

    public override void Backward()
    {
        ILinearAlgebra algebra = Kernels.LinearAlgebra;
        algebra.Gemm(false, false, 1, Matrix.Of(OutputGradient), Matrix.Of(_outWeight.Tensor), 0, Matrix.Of(_gmixed!));
        Kernels.Layers.AttentionGradient(_geometry, _qkv!, _probabilities!, _gmixed!, _gqkv!);
        if (_gx is not null)
        {
            algebra.Gemm(false, false, 1, Matrix.Of(_gqkv!), Matrix.Of(_inWeight.Tensor), 0, Matrix.Of(_gx));
        }
    }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        yield return LinearCapture($"{Name}.in_proj", Input, _gqkv!, _qkv!, _inWeight, _inBias);
        yield return LinearCapture($"{Name}.out_proj", _mixed!, OutputGradient, Output, _outWeight, _outBias);
    }

    protected override Tensor? CreateOutputTangent()
    {
        Tensor? tangent = base.CreateOutputTangent();
        if (tangent is not null)
        {
            _rqkv = Allocate(_qkv!.Shape);
            _rprobabilities = Allocate(_probabilities!.Shape);
            _rmixed = Allocate(Input.Shape);
        }

        return tangent;
    }

    public override void TangentForward(ParameterVector direction)
    {
        LinearTangent(Input, InputTangent, _inWeight, _inBias, direction, _rqkv!);
        Kernels.Tangents.Attention(_geometry, _qkv!, _probabilities!, _rqkv!, _rprobabilities!, _rmixed!);
        LinearTangent(_mixed!, _rmixed, _outWeight, _outBias, direction, OutputTangent!);
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgmixed = Allocate(Input.Shape);
        _rgqkv = Allocate(_qkv!.Shape);
        _rgx = InputTangent is null ? null : Allocate(Input.Shape);
        return new GradientSlot(_rgx!, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        LinearGradientTangent(OutputGradient, OutputGradientTangent, _outWeight, direction, curved, _rgmixed!);
        if (curved)
        {
            Kernels.Tangents.AttentionGradient(_geometry, _qkv!, _probabilities!, _rqkv!, _rprobabilities!, _gmixed!, _rgmixed!, _rgqkv!);
        }
        else
        {
            Kernels.Layers.AttentionGradient(_geometry, _qkv!, _probabilities!, _rgmixed!, _rgqkv!);
        }

        if (_rgx is not null)
        {
            LinearGradientTangent(_gqkv!, _rgqkv!, _inWeight, direction, curved, _rgx);
        }
    }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(InputTangent, _rgqkv!);
        yield return new CaptureTangent(_rmixed, OutputGradientTangent);
    }
}
