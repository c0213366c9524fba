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
    public readonly Place Row(int batch, int row) => new((First(Shape.Groups.Remainder(batch) * Shape.GroupOutputs) + row) * Shape.Taps.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth)
    {
        int output = Shape.Taps.Quotient(depth);
        return new((First(output) * Shape.Taps.Value) + Shape.Taps.Remainder(depth, output));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Weight[place.Offset];

    public readonly Float4 Word(int batch, int row, int depth) => default;

    /// <summary>Input channels of the outputs before one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int First(int output) => output * Shape.GroupChannels;
}
