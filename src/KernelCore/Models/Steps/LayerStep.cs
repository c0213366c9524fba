using KernelCore.Kernels;

namespace KernelCore.Models;

/// <summary>A gradient on its way back.</summary>
/// <param name="Tensor">dLoss/d(output of a step).</param>
/// <param name="MayOverwrite">Whether the receiver may reuse the memory for its own input gradient.</param>
internal readonly record struct GradientSlot(Tensor Tensor, bool MayOverwrite);

/// <summary>How a capture moves along a direction.</summary>
/// <param name="Activation">Tangent of the activation; null when it is zero or there is no activation.</param>
/// <param name="Backprop">Tangent of the backprop.</param>
internal readonly record struct CaptureTangent(Tensor? Activation, Tensor Backprop);

/// <summary>
/// The executable form of a layer for one batch shape. Owns its output and work tensors, so that running it
/// allocates nothing: bound to an input, run forward, planned for the backward pass, run backward.
/// </summary>
/// <remarks>
/// For second derivatives also the R-operator (Pearlmutter 1994): <see cref="TangentForward"/> takes the tangent of the
/// input, along a direction in parameter space, to that of the output; <see cref="TangentBackward"/> takes the tangent
/// of the output gradient to that of the input gradient. A tangent that is null is zero: nothing trainable came before.
/// </remarks>
internal abstract class LayerStep(StepContext context)
{
    private Tensor? _input, _output, _outputGradient, _outputGradientTangent;

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

    /// <summary>Tangent of the input; null when it is zero, which is when no gradient has to reach the input.</summary>
    public Tensor? InputTangent { get; private set; }

    /// <summary>Tangent of the output; null when it is zero.</summary>
    public Tensor? OutputTangent { get; private set; }

    /// <summary>Tangent of the gradient with respect to the output; set by <see cref="PlanTangentBackward"/>.</summary>
    protected Tensor OutputGradientTangent
    {
        get => _outputGradientTangent!;
        set => _outputGradientTangent = value;
    }

    /// <summary>Connects the step to the tangent of its input and creates that of its output. Called once, in forward order.</summary>
    public Tensor? BindTangent(Tensor? input)
    {
        InputTangent = input;
        OutputTangent = CreateOutputTangent();
        return OutputTangent;
    }

    /// <summary>Allocates the tangent of the output and the work tensors of <see cref="TangentForward"/>.</summary>
    protected virtual Tensor? CreateOutputTangent() => InputTangent is null && !HasTrainable ? null : Allocate(Output.Shape);

    /// <summary>Fills the tangent of the output. Not called when nothing trainable lies in or before this step.</summary>
    /// <param name="direction">Derivative of the parameters.</param>
    public abstract void TangentForward(ParameterVector direction);

    /// <summary>As <see cref="PlanBackward"/>, for the tangents of the gradients. Called once, from the last step to the first.</summary>
    public abstract GradientSlot PlanTangentBackward(GradientSlot output);

    /// <summary>
    /// Fills the tangent of the input gradient. With <paramref name="curved"/> false the step counts as linear, in its input
    /// and in its parameters: then this is the backward pass itself, on the tensors of the tangents.
    /// </summary>
    /// <param name="direction">Derivative of the parameters.</param>
    /// <param name="curved">True for products with the Hessian, false for the Gauss-Newton matrix.</param>
    public abstract void TangentBackward(ParameterVector direction, bool curved);

    /// <summary>The tangents of activation and backprop of each of the <see cref="Captures"/>, in the same order.</summary>
    public virtual IEnumerable<CaptureTangent> CaptureTangents() => [];

    /// <summary>The part of a direction along a parameter; null when there is none or it is frozen.</summary>
    protected static Tensor? Along(ParameterVector direction, ParameterReference? parameter) =>
        parameter is { Trainable: true } ? direction[parameter.Index] : null;

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

    /// <summary>ry = rx W^T + x V^T + v on the last axis, where W moves along V and the bias along v.</summary>
    protected void LinearTangent(
        Tensor input, Tensor? inputTangent, ParameterReference weight, ParameterReference? bias, ParameterVector direction, Tensor outputTangent)
    {
        ILinearAlgebra algebra = Kernels.LinearAlgebra;
        Matrix w = Matrix.Of(weight.Tensor), ry = Matrix.Of(outputTangent);
        Tensor? v = Along(direction, bias);
        switch (Along(direction, weight), inputTangent)
        {
            case ({ } weightTangent, { } rx):
                algebra.GemmSum(false, true, Matrix.Of(input), Matrix.Of(weightTangent), Matrix.Of(rx), w, ry, v);
                break;
            case ({ } weightTangent, null):
                algebra.Gemm(false, true, 1, Matrix.Of(input), Matrix.Of(weightTangent), 0, ry, v);
                break;
            case (null, { } rx):
                algebra.Gemm(false, true, 1, Matrix.Of(rx), w, 0, ry, v);
                break;
            default:
                // A frozen weight on a constant input: the bias alone moves.
                algebra.Gemm(false, true, 0, Matrix.Of(input), w, 0, ry, v);
                break;
        }
    }

    /// <summary>rgx = rgy W, and + gy V where W moves along V.</summary>
    protected void LinearGradientTangent(
        Tensor outputGradient, Tensor outputGradientTangent, ParameterReference weight, ParameterVector direction, bool curved, Tensor inputGradientTangent)
    {
        ILinearAlgebra algebra = Kernels.LinearAlgebra;
        Matrix rgy = Matrix.Of(outputGradientTangent), w = Matrix.Of(weight.Tensor), rgx = Matrix.Of(inputGradientTangent);
        if (curved && Along(direction, weight) is { } weightTangent)
        {
            algebra.GemmSum(false, false, rgy, w, Matrix.Of(outputGradient), Matrix.Of(weightTangent), rgx);
        }
        else
        {
            algebra.Gemm(false, false, 1, rgy, w, 0, rgx);
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
