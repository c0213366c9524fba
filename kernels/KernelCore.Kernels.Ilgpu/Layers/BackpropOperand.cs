using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Output gradients as an input pixel sees them: element (pixel, (output channel, tap)) of a (sample, group) pair is the
/// gradient of the output that the tap joins to the pixel, or zero where there is none.
/// </summary>
internal struct BackpropOperand : IOperand
{
    public ArrayView<float> OutputGradient;
    public ConvolutionShape Shape;

    public readonly bool DepthIsContiguous => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth)
    {
        int channel = depth / Shape.Taps, tap = depth % Shape.Taps;
        int h = (row / Shape.Width) + Shape.PadTop - (tap / Shape.KernelWidth * Shape.DilationHeight);
        int w = (row % Shape.Width) + Shape.PadLeft - (tap % Shape.KernelWidth * Shape.DilationWidth);
        int v = h / Shape.StrideHeight, u = w / Shape.StrideWidth;
        bool joined = h >= 0 & w >= 0 & v * Shape.StrideHeight == h & u * Shape.StrideWidth == w & v < Shape.OutHeight & u < Shape.OutWidth;
        return joined ? OutputGradient[(((((batch * Shape.GroupOutputs) + channel) * Shape.OutHeight) + v) * Shape.OutWidth) + u] : 0;
    }
}
