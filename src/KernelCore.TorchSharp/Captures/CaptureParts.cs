using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Torch;

/// <summary>The tensors of one use when the backward pass is done, samples first.</summary>
/// <param name="Memory">Passage to the device.</param>
/// <param name="Parameters">The model's weights.</param>
/// <param name="Input">What the weight was applied to; null where nothing is.</param>
/// <param name="Backprop">Gradient of each sample's loss with respect to the output.</param>
/// <param name="Output">The output as the module computed it; null where it is not laid out as the backprop.</param>
internal sealed record CaptureParts(TorchMemory Memory, ParameterVector Parameters, TorchTensor? Input, TorchTensor Backprop, TorchTensor? Output)
{
    /// <summary>What all kinds of captures have in common.</summary>
    public LayerCapture Create(CaptureUse use, CaptureKind kind, int positions, ChannelLayout layout, Tensor? activation = null) => new()
    {
        Layer = use.Layer,
        Kind = kind,
        Batch = (int)Backprop.shape[0],
        Positions = positions,
        WeightShape = use.Weight >= 0 ? Parameters[use.Weight].Shape : [layout.Channels],
        WeightIndex = Trainable(use.Weight),
        BiasIndex = Trainable(use.Bias),
        Bias = use.Bias >= 0 ? Parameters[use.Bias] : null,
        Activation = activation,
        Backprop = Memory.Export(Backprop),
        Output = Output is null ? null : Memory.Export(Output),
        Layout = layout,
    };

    private int Trainable(int parameter) => parameter >= 0 && Parameters.Layout.Parameters[parameter].Trainable ? parameter : -1;
}
