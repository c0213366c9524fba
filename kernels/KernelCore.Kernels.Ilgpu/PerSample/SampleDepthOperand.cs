using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Backprops of a convolution, one product per group, summed over samples and positions.</summary>
internal struct SampleDepthOperand : IOperand
{
    public ArrayView<float> Elements;
    public int Positions, Rows, Groups;

    public readonly bool DepthIsContiguous => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth) =>
        Elements[((((((depth / Positions) * Groups) + batch) * Rows) + row) * Positions) + (depth % Positions)];
}
