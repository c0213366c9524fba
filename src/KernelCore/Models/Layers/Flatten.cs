using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>All axes of a sample into one: [batch, ...] to [batch, features]. Costs nothing.</summary>
public sealed record Flatten : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new FlattenStep(context);
}

internal sealed class FlattenStep(StepContext context) : LayerStep(context)
{
    protected override bool OutputIsView => true;

    protected override Tensor CreateOutput()
    {
        int batch = Input.Shape[0];
        return Input.Reshape([batch, batch == 0 ? (int)Input.Shape.DropFirst().Count : (int)(Input.Count / batch)]);
    }

    public override void Forward(ForwardMode mode) { }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput) =>
        output with { Tensor = output.Tensor.Reshape(Input.Shape) };

    public override void Backward() { }

    protected override Tensor? CreateOutputTangent() => InputTangent?.Reshape(Output.Shape);

    public override void TangentForward(ParameterVector direction) { }

    public override GradientSlot PlanTangentBackward(GradientSlot output) => output with { Tensor = output.Tensor.Reshape(Input.Shape) };

    public override void TangentBackward(ParameterVector direction, bool curved) { }
}
