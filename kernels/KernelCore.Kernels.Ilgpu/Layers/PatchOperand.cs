using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The patches of a convolution as a matrix that is never stored: element (position, patch element) of a (sample, group)
/// pair is a pixel, or zero in the padding. Summed over the elements of a patch: the convolution itself, and products of patches.
/// </summary>
internal struct PatchOperand : IOperand
{
    public Patches Patches;

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => Patches.Position(row).Moved(Patches.Start(batch));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth) => Patches.Element(depth);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => Patches.Has(place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Patches.At(place);

    public readonly Float4 Word(int batch, int row, int depth) => default;
}

/// <summary>
/// The same transposed, summed over positions: those of one sample, for per-sample gradients of the weights, or those of all samples, with groups
/// as batches, for the gradient of the batch.
/// </summary>
internal struct TransposedPatchOperand : IOperand
{
    public Patches Patches;

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => Patches.Element(row).Moved(Patches.Start(batch));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth)
    {
        int sample = Patches.Shape.Positions.Quotient(depth);
        return Patches.Position(Patches.Shape.Positions.Remainder(depth, sample)).Moved(Patches.Start(sample * Patches.Shape.Groups.Value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => Patches.Has(place);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Patches.At(place);

    public readonly Float4 Word(int batch, int row, int depth) => default;
}
