using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Weights of a convolution by input channel: element (input channel, (output channel, tap)) of a (sample, group) pair.</summary>
internal struct TransposedKernelOperand : IOperand
{
    public ArrayView<float> Weight;
    public ConvolutionShape Shape;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth)
    {
        int output = (batch % Shape.Groups * Shape.GroupOutputs) + (depth / Shape.Taps);
        return Weight[(((output * Shape.GroupChannels) + row) * Shape.Taps) + (depth % Shape.Taps)];
    }
}
