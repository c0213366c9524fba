using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The pixels that a convolution joins. Where one is follows from the position of a patch and from the element of the patch, which add up.</summary>
internal struct Patches
{
    public ArrayView<float> Image;
    public ConvolutionShape Shape;

    /// <summary>First pixel of a (sample, group) pair. The groups of a sample follow one another, as do samples: pairs count blocks of channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Start(int pair) => pair * Shape.GroupPixels;

    /// <summary>The first pixel of the patch at a position; may lie in the padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Position(int position)
    {
        int row = Shape.OutWidth.Quotient(position), column = Shape.OutWidth.Remainder(position, row);
        return Pixel(0, (row * Shape.StrideHeight.Value) - Shape.PadTop, (column * Shape.StrideWidth.Value) - Shape.PadLeft);
    }

    /// <summary>From there to an element of the patch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Element(int element)
    {
        int channel = Shape.Taps.Quotient(element), tap = Shape.Taps.Remainder(element, channel);
        int row = Shape.KernelWidth.Quotient(tap), column = Shape.KernelWidth.Remainder(tap, row);
        return Pixel(channel, row * Shape.DilationHeight, column * Shape.DilationWidth);
    }

    /// <summary>Whether that is a pixel; there is none in the padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => (uint)place.Down < (uint)Shape.Height & (uint)place.Across < (uint)Shape.Width.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Image[place.Offset];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Place Pixel(int channel, int row, int column) => new((((channel * Shape.Height) + row) * Shape.Width.Value) + column, row, column);
}
