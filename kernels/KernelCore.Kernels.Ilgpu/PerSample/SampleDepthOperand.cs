using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Backprops of a convolution, one product per group, summed over samples and positions.</summary>
internal struct SampleDepthOperand : IOperand
{
    public ArrayView<float> Elements;
    public int Positions, Rows, Groups;

    public static bool HasWords => false;

    public readonly bool IsInWords => false;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Start(int batch) => batch;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int start, int row, int depth) =>
        Elements[((((((depth / Positions) * Groups) + start) * Rows) + row) * Positions) + (depth % Positions)];

    public readonly Float4 Word(int start, int row, int depth) => default;
}
