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

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row)
    {
        int h = Shape.Width.Quotient(row), w = Shape.Width.Remainder(row, h);
        return new(batch * Shape.GroupOutputs * Shape.Positions.Value, h + Shape.PadTop, w + Shape.PadLeft);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth)
    {
        int channel = Shape.Taps.Quotient(depth), tap = Shape.Taps.Remainder(depth, channel);
        int h = Shape.KernelWidth.Quotient(tap), w = Shape.KernelWidth.Remainder(tap, h);
        return new(channel * Shape.Positions.Value, -h * Shape.DilationHeight, -w * Shape.DilationWidth);
    }

    /// <summary>Before the first output the quotients mean nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place)
    {
        int v = Shape.StrideHeight.Quotient(place.Down), u = Shape.StrideWidth.Quotient(place.Across);
        return place.Down >= 0 & place.Across >= 0 & v * Shape.StrideHeight.Value == place.Down & u * Shape.StrideWidth.Value == place.Across
            & v < Shape.OutHeight & u < Shape.OutWidth.Value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) =>
        OutputGradient[place.Offset + (Shape.StrideHeight.Quotient(place.Down) * Shape.OutWidth.Value) + Shape.StrideWidth.Quotient(place.Across)];

    public readonly Float4 Word(int batch, int row, int depth) => default;
}
