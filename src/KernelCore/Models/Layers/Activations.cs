using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>max(x, 0).</summary>
public sealed record ReLU : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.Relu);
}

/// <summary>x where positive, a multiple of x elsewhere.</summary>
/// <param name="NegativeSlope">The multiple.</param>
public sealed record LeakyReLU(float NegativeSlope = 0.01f) : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.LeakyRelu, NegativeSlope);
}

/// <summary>x Phi(x) (arXiv 1606.08415).</summary>
/// <param name="Approximate"><c>none</c> for the exact form, <c>tanh</c> for the approximation.</param>
public sealed record GELU(string Approximate = "none") : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, Approximate switch
    {
        "none" => ActivationKind.Gelu,
        "tanh" => ActivationKind.GeluTanh,
        _ => throw new KernelCoreException($"layer '{context.Name}': GELU's approximate is none or tanh, got '{Approximate}'"),
    });
}

/// <summary>x sigmoid(x).</summary>
public sealed record SiLU : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.Silu);
}

/// <summary>Hyperbolic tangent.</summary>
public sealed record Tanh : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.Tanh);
}

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed record Sigmoid : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.Sigmoid);
}

/// <summary>log(1 + exp(x)).</summary>
public sealed record Softplus : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new ActivationStep(context, ActivationKind.Softplus);
}

internal sealed class ActivationStep(StepContext context, ActivationKind kind, float slope = 0) : LayerStep(context)
{
    // The tangent of the gradient needs the output gradient again, except where f'' is 0.
    private readonly bool _keepsGradient = context.KeepsGradients && kind is not (ActivationKind.Relu or ActivationKind.LeakyRelu);
    private Tensor? _gx, _rgx;

    /// <summary>Whether the step before this one fills the output.</summary>
    public bool IsAbsorbed { get; set; }

    /// <summary>This step as a second result of the product that its input is.</summary>
    public ActivatedOutput AsOutput => new(kind, slope, Matrix.Of(Output));

    protected override Tensor CreateOutput() => Allocate(Input.Shape);

    public override void Forward(ForwardMode mode)
    {
        if (!IsAbsorbed)
        {
            Kernels.Layers.Activation(kind, slope, Input, Output);
        }
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = output.MayOverwrite && !_keepsGradient ? output.Tensor : Allocate(Input.Shape);
        return new GradientSlot(_gx, MayOverwrite: true);
    }

    public override void Backward() => Kernels.Layers.ActivationGradient(kind, slope, Input, Output, OutputGradient, _gx!);

    public override void TangentForward(ParameterVector direction) =>
        Kernels.Layers.ActivationGradient(kind, slope, Input, Output, InputTangent!, OutputTangent!);

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        _rgx = output.MayOverwrite ? output.Tensor : Allocate(Input.Shape);
        return new GradientSlot(_rgx, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        if (curved)
        {
            Kernels.Tangents.ActivationGradient(kind, slope, Input, Output, InputTangent!, OutputGradient, OutputGradientTangent, _rgx!);
        }
        else
        {
            Kernels.Layers.ActivationGradient(kind, slope, Input, Output, OutputGradientTangent, _rgx!);
        }
    }
}
