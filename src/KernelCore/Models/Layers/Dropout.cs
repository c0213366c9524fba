using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>Zeroes elements at random while training and scales the others by 1/(1 - p); the identity otherwise.</summary>
/// <param name="P">Probability of zeroing an element.</param>
/// <remarks>Counter-based: the mask depends on the network's seed, the layer and the number of the training pass alone.</remarks>
public sealed record Dropout(float P = 0.5f) : Layer
{
    internal override LayerStep CreateStep(StepContext context) => new DropoutStep(context, P);
}

internal sealed class DropoutStep : LayerStep
{
    private readonly float _rate;
    private readonly ulong _layerStream;
    private readonly RandomState _random;
    private ForwardMode _mode;
    private ulong _stream;
    private Tensor? _gx;

    public DropoutStep(StepContext context, float rate)
        : base(context)
    {
        if (!(rate >= 0 && rate < 1))
        {
            throw Invalid($"the dropout probability lies in [0, 1), got {rate}");
        }

        (_rate, _random, _layerStream) = (rate, context.Random, context.NextStream());
    }

    protected override Tensor CreateOutput() => Allocate(Input.Shape);

    public override void Forward(ForwardMode mode)
    {
        _mode = mode;
        _stream = (_layerStream << 40) + _random.TrainingPasses;
        Kernels.Layers.Dropout(_random.Seed, _stream, Rate, Input, Output);
    }

    public override GradientSlot PlanBackward(GradientSlot output, bool needInput)
    {
        OutputGradient = output.Tensor;
        _gx = output.MayOverwrite ? output.Tensor : Allocate(Input.Shape);
        return new GradientSlot(_gx, MayOverwrite: true);
    }

    public override void Backward() => Kernels.Layers.Dropout(_random.Seed, _stream, Rate, OutputGradient, _gx!);

    /// <summary>Tangents are taken in evaluation mode, where this is the identity.</summary>
    protected override Tensor? CreateOutputTangent() => InputTangent;

    public override void TangentForward(ParameterVector direction) { }

    public override GradientSlot PlanTangentBackward(GradientSlot output) => output;

    public override void TangentBackward(ParameterVector direction, bool curved) { }

    private float Rate => _mode == ForwardMode.Training ? _rate : 0;
}
