using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Weights of a convolution by input channel: element (input channel, (output channel, tap)) of a (sample, group) pair.</summary>
internal struct TransposedKernelOperand : IOperand
{
    public ArrayView<float> Weight;
    public ConvolutionShape Shape;

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Start(int batch) => batch % Shape.Groups * Shape.GroupOutputs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int start, int row, int depth)
    {
        int output = start + (depth / Shape.Taps);
        return Weight[(((output * Shape.GroupChannels) + row) * Shape.Taps) + (depth % Shape.Taps)];
    }

    public readonly Float4 Word(int start, int row, int depth) => default;
}
