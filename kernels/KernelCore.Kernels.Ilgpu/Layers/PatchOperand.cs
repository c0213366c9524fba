using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The patches of a convolution as a matrix that is never stored: element (position, patch element) of a (sample, group)
/// pair is a pixel, or zero in the padding.
/// </summary>
internal struct PatchOperand : IOperand
{
    public ArrayView<float> Image;
    public ConvolutionShape Shape;

    /// <summary>What the product sums over.</summary>
    public PatchSum Sum;

    public readonly bool DepthIsContiguous => Sum != PatchSum.Patch;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth)
    {
        int position = Sum == PatchSum.Patch ? row : depth, patch = Sum == PatchSum.Patch ? depth : row;
        if (Sum == PatchSum.SamplesAndPositions)
        {
            int positions = Shape.OutHeight * Shape.OutWidth;
            batch += position / positions * Shape.Groups;
            position %= positions;
        }

        int channel = patch / Shape.Taps, tap = patch % Shape.Taps;
        int h = (position / Shape.OutWidth * Shape.StrideHeight) + (tap / Shape.KernelWidth * Shape.DilationHeight) - Shape.PadTop;
        int w = (position % Shape.OutWidth * Shape.StrideWidth) + (tap % Shape.KernelWidth * Shape.DilationWidth) - Shape.PadLeft;
        bool inside = h >= 0 & h < Shape.Height & w >= 0 & w < Shape.Width;

        // The groups of a sample follow one another, as do samples: (sample, group) pairs count blocks of channels.
        return inside ? Image[(((((batch * Shape.GroupChannels) + channel) * Shape.Height) + h) * Shape.Width) + w] : 0;
    }
}

/// <summary>Which axis of the patches a product sums over.</summary>
internal enum PatchSum
{
    /// <summary>The patch: the convolution itself, and products of patches.</summary>
    Patch,

    /// <summary>The positions of one sample: per-sample gradients of the weights.</summary>
    Positions,

    /// <summary>All positions of all samples, with groups as batches: the gradient of the batch.</summary>
    SamplesAndPositions,
}
