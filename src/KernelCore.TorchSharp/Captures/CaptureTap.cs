using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>
/// What a rule tells about one module: which parameter is used in which way. Each method takes the output of that use and
/// returns the tensor to hand on in its place, equal in value, at which the backward pass is tapped.
/// </summary>
/// <remarks>
/// Handing on a sum with a zero, instead of the output itself, lets operations that work in place follow: they change
/// neither the output that was captured nor the place in the graph. Parameters are meant by their names in the module; a bias that the
/// module does not have, and parameters that are frozen, are fine.
/// </remarks>
public sealed class CaptureTap
{
    private readonly ModuleParameters _parameters;

    internal CaptureTap(string name, ModuleParameters parameters) => (Name, _parameters) = (name, parameters);

    /// <summary>Name of the module, as in the parameter names; empty for the outermost.</summary>
    public string Name { get; }

    /// <summary>Whether the pass is one in evaluation mode.</summary>
    public bool IsEvaluation => Recording!.Mode == ForwardMode.Evaluation;

    /// <summary>The forward pass that is being recorded; null between passes, when modules are called by somebody else.</summary>
    internal Recording? Recording { get; set; }

    /// <summary>Notes output = input W^T + bias on the last axis, W [p, d].</summary>
    /// <param name="input">[..., d].</param>
    /// <param name="output">[..., p].</param>
    /// <param name="weight">Name of W.</param>
    /// <param name="bias">Name of the bias, [p].</param>
    public TorchTensor Linear(TorchTensor input, TorchTensor output, string weight = "weight", string bias = "bias") =>
        Record(new LinearUse(Name, Find(weight), FindOrNone(bias)) { Input = input }, output);

    /// <summary>Notes output = rows of a table, W [rows, d].</summary>
    /// <param name="indices">Integers in [0, rows), of any shape.</param>
    /// <param name="output">[...shape of the indices, d].</param>
    /// <param name="weight">Name of the table.</param>
    /// <param name="paddingIndex">Row whose gradient is defined as zero; -1 for none.</param>
    public TorchTensor Lookup(TorchTensor indices, TorchTensor output, string weight = "weight", int paddingIndex = -1) =>
        Lookup(indices, output, weight, paddingIndex, coupling: null);

    /// <summary>Notes output = gamma o normalized + beta, gamma and beta over the last axes.</summary>
    /// <param name="normalized">What gamma multiplies, of the shape of the output.</param>
    /// <param name="output">[..., ...shape of gamma].</param>
    /// <param name="weight">Name of gamma.</param>
    /// <param name="bias">Name of beta.</param>
    public TorchTensor ScaleShift(TorchTensor normalized, TorchTensor output, string weight = "weight", string bias = "bias")
    {
        int axes = _parameters.Values[Find(weight)].Shape.Rank;
        return Record(new ScaleShiftUse(Name, Find(weight), FindOrNone(bias), -axes, ToLast: true, Coupling: null) { Input = normalized }, output);
    }

    /// <summary>Notes output = something + W, the same W for every sample.</summary>
    /// <param name="output">[batch, ...shape of W].</param>
    /// <param name="weight">Name of W.</param>
    public TorchTensor Broadcast(TorchTensor output, string weight = "weight")
    {
        int index = Find(weight);
        if (TorchMemory.ShapeOf(output).DropFirst() != _parameters.Values[index].Shape)
        {
            throw Refuse($"adds '{weight}' of shape {_parameters.Values[index].Shape} to samples of shape {TorchMemory.ShapeOf(output).DropFirst()}; give both the same shape");
        }

        return Record(new BroadcastUse(Name, index), output);
    }

    internal TorchTensor Lookup(TorchTensor indices, TorchTensor output, string weight, int paddingIndex, string? coupling) =>
        Record(new LookupUse(Name, Find(weight), paddingIndex, coupling) { Input = indices }, output);

    /// <summary>As <see cref="ScaleShift"/>, with the channels on axis 1.</summary>
    internal TorchTensor ChannelScaleShift(TorchTensor normalized, TorchTensor output, string? coupling) =>
        Record(new ScaleShiftUse(Name, Find("weight"), FindOrNone("bias"), 1, ToLast: false, coupling) { Input = normalized }, output);

    internal TorchTensor Convolution(TorchTensor input, TorchTensor output, ConvolutionWindow window) => Record(
        window.Kernel.Length == 3
            ? new VolumeUse(Name, Find("weight"), FindOrNone("bias"), window) { Input = input }
            : new ConvolutionUse(Name, Find("weight"), FindOrNone("bias"), window) { Input = input },
        output);

    /// <summary>An error that names the module.</summary>
    internal UnsupportedLayerException Refuse(string reason) => new(Name, reason);

    private TorchTensor Record(CaptureUse use, TorchTensor output) => IsTrainable(use.Weight) || IsTrainable(use.Bias) ? Recording!.Add(use, output) : output;

    private bool IsTrainable(int parameter) => parameter >= 0 && _parameters.Values.Layout.Parameters[parameter].Trainable;

    private int Find(string name) => FindOrNone(name) is >= 0 and int index ? index : throw Refuse($"has no parameter '{name}'");

    private int FindOrNone(string name) => _parameters.IndexOf(Name.Length == 0 ? name : $"{Name}.{name}");
}
