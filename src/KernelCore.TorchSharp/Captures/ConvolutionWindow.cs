using KernelCore.Kernels;
using Convolution = TorchSharp.Modules.Convolution;

namespace KernelCore.Torch;

/// <summary>The window of a convolution over one, two or three axes, padding made explicit where zeros on both sides do not express it.</summary>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Kernel">Extents by axis.</param>
/// <param name="Stride">Strides by axis.</param>
/// <param name="Padding">Zeros before each axis.</param>
/// <param name="Dilation">Distances between kernel elements by axis.</param>
internal sealed record ConvolutionWindow(int Groups, int[] Kernel, int[] Stride, int[] Padding, int[] Dilation)
{
    /// <summary>The window of a module; with a padding mode other than zeros, that on the padded input.</summary>
    public static ConvolutionWindow Of(Convolution module)
    {
        int[] kernel = Narrow(module.kernel_size), dilation = Narrow(module.dilation);
        int[] padding = module.padding_mode == PaddingModes.Zeros ? [.. Amounts(module).Select(a => (int)a.Before)] : new int[kernel.Length];
        return new ConvolutionWindow((int)module.groups, kernel, Narrow(module.stride), padding, dilation);
    }

    /// <summary>The input as the window slides over it: padded here unless zeros are meant.</summary>
    public static TorchTensor Pad(Convolution module, TorchTensor input)
    {
        if (module.padding_mode == PaddingModes.Zeros)
        {
            return input.alias();
        }

        // Last axis first, as torch takes it.
        long[] amounts = [.. Amounts(module).Reverse().SelectMany(a => new[] { a.Before, a.After })];
        return torch.nn.functional.pad(input, amounts, module.padding_mode);
    }

    /// <summary>The window over the last two axes, between a given input and output; one axis counts as an image of height 1.</summary>
    public ConvolutionGeometry Geometry(Shape input, Shape output)
    {
        bool planar = Kernel.Length == 2;
        int height = planar ? input[2] : 1, outHeight = planar ? output[2] : 1;
        return new ConvolutionGeometry(
            input[1], output[1], Groups, height, input[-1], First(Kernel, 1), Kernel[^1], First(Stride, 1), Stride[^1],
            First(Padding, 0), Padding[^1], First(Dilation, 1), Dilation[^1], outHeight, output[-1]);

        int First(int[] values, int absent) => planar ? values[0] : absent;
    }

    private static IEnumerable<(long Before, long After)> Amounts(Convolution module)
    {
        for (int axis = 0; axis < module.kernel_size.Length; axis++)
        {
            if (module.padding_type is null)
            {
                yield return (module.padding![axis], module.padding[axis]);
            }
            else
            {
                // "same": an odd zero goes after.
                long total = module.padding_type == global::TorchSharp.Padding.Same ? module.dilation[axis] * (module.kernel_size[axis] - 1) : 0;
                yield return (total / 2, total - (total / 2));
            }
        }
    }

    private static int[] Narrow(long[] values) => Array.ConvertAll(values, v => checked((int)v));
}
