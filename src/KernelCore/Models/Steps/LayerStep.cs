using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>A gradient on its way back.</summary>
/// <param name="Tensor">dLoss/d(output of a step).</param>
/// <param name="MayOverwrite">Whether the receiver may reuse the memory for its own input gradient.</param>
internal readonly record struct GradientSlot(Tensor Tensor, bool MayOverwrite);

/// <summary>
/// The executable form of a layer for one batch shape. Owns its output and work tensors, so that running it
/// allocates nothing: bound to an input, run forward, planned for the backward pass, run backward.
/// </summary>
internal abstract class LayerStep(StepContext context)
{
    private Tensor? _input, _output, _outputGradient;

    /// <summary>Name of the layer.</summary>
    protected string Name => context.Name;

    protected IKernels Kernels => context.Device.Kernels;

    /// <summary>What the layer is applied to.</summary>
    public Tensor Input => _input!;

    /// <summary>What comes out.</summary>
    public Tensor Output => _output!;

    /// <summary>Whether a gradient has to reach this step for its own parameters' sake.</summary>
    public virtual bool HasTrainable => false;

    /// <summary>Whether the output shares the input's memory and moves with it.</summary>
    protected virtual bool OutputIsView => false;

    /// <summary>Gradient with respect to the output; set by <see cref="PlanBackward"/>.</summary>
    protected Tensor OutputGradient
    {
        get => _outputGradient!;
        set => _outputGradient = value;
    }

    /// <summary>Connects the step to its input; the first time also creates the output.</summary>
    public virtual void Bind(Tensor? features, IndexTensor? tokens)
    {
        _input = features ?? throw Invalid("takes real numbers, but the batch has tokens; start the model with an Embedding");
        if (_output is null || OutputIsView)
        {
            _output = CreateOutput();
        }
    }

    /// <summary>Checks the input's shape and allocates the output and the work tensors of the forward pass.</summary>
    protected abstract Tensor CreateOutput();

    /// <summary>For steps that bind to something else than real numbers.</summary>
    protected void EnsureOutput() => _output ??= CreateOutput();

    public abstract void Forward(ForwardMode mode);

    /// <summary>Takes the gradient's tensor, allocates the input gradient. Called once, from the last step to the first.</summary>
    /// <param name="output">dLoss/dOutput, filled before every <see cref="Backward"/>.</param>
    /// <param name="needInput">Whether anything before this step needs a gradient.</param>
    /// <returns>dLoss/dInput; meaningless unless needed.</returns>
    public abstract GradientSlot PlanBackward(GradientSlot output, bool needInput);

    public abstract void Backward();

    /// <summary>What the parametric parts of this step saw, in forward order.</summary>
    public virtual IEnumerable<LayerCapture> Captures(ForwardMode mode) => [];

    protected Tensor Allocate(Shape shape) => context.Allocate(shape);

    protected IndexTensor AllocateIndices(Shape shape) => context.AllocateIndices(shape);

    /// <summary>An error that names this layer.</summary>
    protected KernelCoreException Invalid(string message) => new($"layer '{Name}': {message}");

    /// <summary>Refuses an input of the wrong shape.</summary>
    protected void Require(bool fits, string expected)
    {
        if (!fits)
        {
            throw Invalid($"expects input {expected}, got {Input.Shape}");
        }
    }

    /// <summary>The capture of a linear map on the last axis.</summary>
    protected static LayerCapture LinearCapture(
        string name, Tensor input, Tensor outputGradient, Tensor output, ParameterReference weight, ParameterReference? bias)
    {
        int batch = input.Shape[0], width = outputGradient.Shape[-1];
        int positions = (int)(outputGradient.Count / Math.Max(1, (long)batch * width));
        return new LayerCapture
        {
            Layer = name,
            Kind = CaptureKind.Linear,
            Batch = batch,
            Positions = positions,
            WeightShape = weight.Tensor.Shape,
            WeightIndex = weight.CaptureIndex,
            BiasIndex = bias?.CaptureIndex ?? -1,
            Bias = bias?.Tensor,
            Activation = input,
            Backprop = outputGradient,
            Output = output,
            Layout = new ChannelLayout(positions, width, 1),
        };
    }
}
