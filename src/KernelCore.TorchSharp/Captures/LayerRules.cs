using Modules = TorchSharp.Modules;

namespace KernelCore.Torch;

/// <summary>Rules of linear layers and convolutions.</summary>
internal static class LayerRules
{
    public static TorchTensor Linear(Modules.Linear module, TorchTensor input, TorchTensor output, CaptureTap tap) => tap.Linear(input, output);

    public static TorchTensor Convolution(Modules.Convolution module, TorchTensor input, TorchTensor output, CaptureTap tap)
    {
        if (input.Dimensions != module.kernel_size.Length + 2)
        {
            throw tap.Refuse($"expects a batch axis, channels and {module.kernel_size.Length} more axes; got {TorchMemory.ShapeOf(input)}");
        }

        using TorchTensor padded = ConvolutionWindow.Pad(module, input);
        return tap.Convolution(padded, output, ConvolutionWindow.Of(module));
    }
}
