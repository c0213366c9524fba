using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>y = x + body(x) (arXiv 1512.03385); the body keeps the shape.</summary>
/// <param name="Body">Layers of the body; their names are <c>body.0</c>, <c>body.1</c>, ...</param>
public sealed record Residual(IReadOnlyList<Layer> Body) : Layer
{
    internal override IEnumerable<(string Name, Layer Layer)> Children => Body.Select((layer, i) => ($"body.{i}", layer));

    internal override LayerStep CreateStep(StepContext context) => Body.Count > 0
        ? new ResidualStep(context, this)
        : throw new KernelCoreException($"layer '{context.Name}': the body of a residual needs at least one layer");
}

/// <summary>Applies an earlier layer once more, with the same parameters: a module called twice.</summary>
/// <param name="Layer">Full name of the layer: <c>0</c>, <c>3.body.1</c>.</param>
public sealed record Reuse(string Layer) : Layer
{
    internal override LayerStep CreateStep(StepContext context) => context.StepOf(Layer);
}

internal sealed class ResidualStep(StepContext context, Residual layer) : LayerStep(context)
{
    private readonly StepSequence _body = StepSequence.Create(layer.Children, context);
    private Tensor? _bodyGradient, _gx, _bodyGradientTangent, _rgx;

    public override bool HasTrainable => _body.HasTrainable;

    public override void Bind(Tensor? features, IndexTensor? tokens)
    {
        _body.Bind(features, tokens);
        base.Bind(features, tokens);
    }

    protected override Tensor CreateOutput()
    {
        if (_body.Output.Shape != Input.Shape)
        {
            throw Invalid($"its body turns {Input.Shape} into {_body.Output.Shape}; a residual keeps the shape");
        }

        return Allocate(Input.Shape);
    }

    public override void Forward(ForwardMode mode)
    {
        _body.Forward(mode);
        Kernels.Layers.Add(Input, _body.Output, Output);
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        // The skip connection reads the output's gradient after the body is done, so the body must not overwrite it.
        GradientSlot body = _body.PlanBackward(output with { MayOverwrite = false }, needInput);
        if (!needInput)
        {
            return output;
        }

        _bodyGradient = body.Tensor;
        _gx = body.MayOverwrite ? body.Tensor : Allocate(Input.Shape);
        return new GradientSlot(_gx, MayOverwrite: true);
    }

    public override void Backward()
    {
        _body.Backward();
        if (_gx is not null)
        {
            Kernels.Layers.Add(OutputGradient, _bodyGradient!, _gx);
        }
    }

    public override IEnumerable<LayerCapture> Captures(ForwardMode mode) => _body.Captures(mode);

    protected override Tensor? CreateOutputTangent()
    {
        Tensor? body = _body.BindTangent(InputTangent);
        return InputTangent is null ? body : Allocate(Input.Shape);
    }

    public override void TangentForward(ParameterVector direction)
    {
        _body.TangentForward(direction);
        if (InputTangent is not null)
        {
            Kernels.Layers.Add(InputTangent, _body.Steps[^1].OutputTangent!, OutputTangent!);
        }
    }

    public override GradientSlot PlanTangentBackward(GradientSlot output)
    {
        OutputGradientTangent = output.Tensor;
        GradientSlot body = _body.PlanTangentBackward(output with { MayOverwrite = false });
        if (InputTangent is null)
        {
            return output;
        }

        _bodyGradientTangent = body.Tensor;
        _rgx = body.MayOverwrite ? body.Tensor : Allocate(Input.Shape);
        return new GradientSlot(_rgx, MayOverwrite: true);
    }

    public override void TangentBackward(ParameterVector direction, bool curved)
    {
        _body.TangentBackward(direction, curved);
        if (_rgx is not null)
        {
            Kernels.Layers.Add(OutputGradientTangent, _bodyGradientTangent!, _rgx);
        }
    }

    public override IEnumerable<CaptureTangent> CaptureTangents() => _body.CaptureTangents();
}
