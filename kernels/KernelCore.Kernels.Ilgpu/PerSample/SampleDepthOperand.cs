using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Backprops of a convolution, one product per group, summed over samples and positions.</summary>
internal struct SampleDepthOperand : IOperand
{
    public ArrayView<float> Elements;
    public Divisor Positions;

    /// <summary>Rows of a group; elements of a sample.</summary>
    public int Rows, SampleSize;

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => new(((batch * Rows) + row) * Positions.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth)
    {
        int sample = Positions.Quotient(depth);
        return new((sample * SampleSize) + Positions.Remainder(depth, sample));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Elements[place.Offset];

    public readonly Float4 Word(int batch, int row, int depth) => default;
}
