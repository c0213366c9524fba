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

    /// <summary>A vector that is every row of every matrix.</summary>
    public static MatrixOperand RowOf(ArrayView<float> elements) => new() { Elements = elements, RowStride = 0, DepthStride = 1, Batches = BatchLayout.Contiguous(0) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int batch, int row, int depth) => Elements[Batches.Offset(batch) + (row * RowStride) + (depth * DepthStride)];
}
