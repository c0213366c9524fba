using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrices in memory, any order of axes.</summary>
internal struct MatrixOperand : IOperand
{
    public ArrayView<float> Elements;
    public int RowStride, DepthStride;
    public BatchLayout Batches;

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => DepthStride == 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth) => Elements[Batches.Offset(batch) + (row * RowStride) + (depth * DepthStride)];
}
