using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>A 3-D convolution, as a 2-D one on its depth slices.</summary>
/// <remarks>
/// The slices under the window's depth become channels, which are contiguous in the weight too, [p, C/groups x kd, kh, kw].
/// The output's depths lie below each other as slabs of one tall image, each high enough that no window that counts
/// reaches into the next; rows between slabs have a backprop of zero.
/// </remarks>
internal sealed record VolumeUse(string Layer, int Weight, int Bias, ConvolutionWindow Window) : CaptureUse(Layer, Weight, Bias)
{
    public override LayerCapture ToCapture(CaptureParts parts)
    {
        using var scope = torch.NewDisposeScope();
        Shape input = TorchMemory.ShapeOf(parts.Input!), output = TorchMemory.ShapeOf(parts.Backprop);
        int batch = input[0], depth = Window.Kernel[0], outDepth = output[2], outHeight = output[3];
        int rows = outHeight + Divide((Window.Dilation[1] * (Window.Kernel[1] - 1)) + 1 - Window.Stride[1], Window.Stride[1]);
        int slab = rows * Window.Stride[1];

        TorchTensor slices = DepthSlices(parts.Input!, outDepth);
        TorchTensor image = Pad(slices, 4, Window.Padding[1], slab).reshape(batch, input[1] * depth, outDepth * slab, input[4]);
        TorchTensor backprop = Pad(parts.Backprop, 3, 0, rows).reshape(batch, output[1], outDepth * rows, output[4]);
        var geometry = new ConvolutionGeometry(
            input[1] * depth, output[1], Window.Groups, outDepth * slab, input[4], Window.Kernel[1], Window.Kernel[2], Window.Stride[1], Window.Stride[2],
            0, Window.Padding[2], Window.Dilation[1], Window.Dilation[2], outDepth * rows, output[4]);
        return (parts with { Backprop = backprop, Output = null }).Create(
            this, CaptureKind.Convolution, geometry.Positions, new ChannelLayout(1, output[1], geometry.Positions), parts.Memory.Export(image)) with
        {
            Geometry = geometry,
        };
    }

    /// <summary>[batch, C, kd, out depth, H, W]: what each output depth sees.</summary>
    private TorchTensor DepthSlices(TorchTensor input, int outDepth)
    {
        int kernel = Window.Kernel[0], stride = Window.Stride[0], dilation = Window.Dilation[0], span = (dilation * (kernel - 1)) + 1;
        TorchTensor padded = Pad(input.detach(), 2, Window.Padding[0], ((outDepth - 1) * stride) + span);
        return padded.unfold(2, span, stride).slice(-1, 0, span, dilation).permute(0, 1, 5, 2, 3, 4);
    }

    /// <summary>Zeros before an axis, and behind it up to an extent; what reaches beyond is cut off.</summary>
    private static TorchTensor Pad(TorchTensor tensor, int axis, long before, long extent)
    {
        int rank = tensor.shape.Length;
        var amounts = new long[2 * (rank - axis)];
        amounts[^2] = before;
        amounts[^1] = extent - before - tensor.shape[axis];
        return torch.nn.functional.pad(tensor, amounts);
    }

    /// <summary>Quotient rounded up, at least 0.</summary>
    private static int Divide(int value, int by) => Math.Max(0, (value + by - 1) / by);
}
