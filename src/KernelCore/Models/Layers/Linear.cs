using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>y = x W^T + b on the last axis; any number of axes before it.</summary>
/// <param name="In">Input width d.</param>
/// <param name="Out">Output width p.</param>
/// <param name="Bias">Whether there is a bias.</param>
/// <param name="Tie">Name of an earlier Embedding or Linear whose weight, [p, d], this layer shares (tied embedding and head); null for an own weight.</param>
public sealed record Linear(int In, int Out, bool Bias = true, string? Tie = null) : Layer
{
    internal override string? WeightSource => Tie;

    internal override IEnumerable<ParameterSpec> Parameters
    {
        get
        {
            if (Tie is null)
            {
                yield return new ParameterSpec("weight", [Out, In], Initializers.FanIn(In));
            }

            if (Bias)
            {
                yield return new ParameterSpec("bias", [Out], Initializers.FanIn(In));
            }
        }
    }

    internal override LayerStep CreateStep(StepContext context) => new LinearStep(context, this);
}

internal sealed class LinearStep : LayerStep
{
    private readonly Linear _layer;
    private readonly ParameterReference _weight;
    private readonly ParameterReference? _bias;
    private ActivationStep? _activation;
    private Tensor? _gx, _rgx;

    public LinearStep(StepContext context, Linear layer)
        : base(context)
    {
        _layer = layer;
        _weight = context.Parameter("weight");
        _bias = layer.Bias ? context.Parameter("bias") : null;
        if (_weight.Tensor.Shape != Shape.Of(layer.Out, layer.In))
        {
            throw Invalid($"its weight is {Shape.Of(layer.Out, layer.In)}, but '{layer.Tie}' has {_weight.Tensor.Shape}");
        }
    }

    public override bool HasTrainable => _weight.Trainable || _bias is { Trainable: true };

    /// <summary>Computes the activation that follows, too, while the product's elements are at hand.</summary>
    public void Absorb(ActivationStep activation)
    {
        _activation = activation;
        activation.IsAbsorbed = true;
    }

    protected override Tensor CreateOutput()
    {
        Require(Input.Shape.Rank >= 2 && Input.Shape[-1] == _layer.In, $"[batch, ..., {_layer.In}]");
        return Allocate(Input.Shape.WithLast(_layer.Out));
    }

    public override void Forward(ForwardMode mode) => Kernels.LinearAlgebra.Gemm(
        false, true, 1, Matrix.Of(Input), Matrix.Of(_weight.Tensor), 0, Matrix.Of(Output), _bias?.Tensor, _activation?.AsOutput);

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = needInput ? Allocate(Input.Shape) : null;
        return new GradientSlot(_gx!, MayOverwrite: true);
    }

    public override void Backward()
    {
        if (_gx is not null)
        {
            Kernels.LinearAlgebra.Gemm(false, false, 1, Matrix.Of(OutputGradient), Matrix.Of(_weight.Tensor), 0, Matrix.Of(_gx));
        }
    }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode)
    {
        yield return LinearCapture(Name, Input, OutputGradient, Output, _weight, _bias);
    }

    public override void TangentForward(ParameterVector direction) =>
        LinearTangent(Input, InputTangent, _weight, _bias, direction, OutputTangent!);

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgx = InputTangent is null ? null : Allocate(Input.Shape);
        return new GradientSlot(_rgx!, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        if (_rgx is not null)
        {
            LinearGradientTangent(OutputGradient, OutputGradientTangent, _weight, direction, curved, _rgx);
        }
    }

    public override IEnumerable<CaptureTangent> CaptureTangents()
    {
        yield return new CaptureTangent(InputTangent, OutputGradientTangent);
    }
}
