using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Matrices in memory, any order of axes.</summary>
internal struct MatrixOperand : IOperand
{
    public ArrayView<float> Elements;
    public int RowStride, DepthStride;
    public BatchLayout Batches;

    public static bool HasWords => true;

    /// <summary>Whether one axis is contiguous, and everything along the others starts at a multiple of 16 bytes.</summary>
    public readonly bool IsInWords =>
        (DepthStride == 1 ? RowStride % 4 == 0 : RowStride == 1 && DepthStride % 4 == 0) && Batches.IsInWords && DeviceMemory.AreAligned(Elements);

    public readonly bool DepthIsContiguous
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => DepthStride == 1;
    }

    /// <summary>A vector that is every row of every matrix.</summary>
    public static MatrixOperand RowOf(ArrayView<float> elements) => new() { Elements = elements, RowStride = 0, DepthStride = 1, Batches = BatchLayout.Contiguous(0) };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Row(int batch, int row) => new(Batches.Offset(batch) + (row * RowStride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Depth(int depth) => new(depth * DepthStride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Has(Place place) => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(Place place) => Elements[place.Offset];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Word(int batch, int row, int depth) => Elements.Cast<Float4>()[Index(Start(batch), row, depth) >> 2];

    /// <summary>An element of the matrix that begins there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float At(int start, int row, int depth) => Elements[Index(start, row, depth)];

    /// <summary>First element of a matrix.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Start(int batch) => Batches.Offset(batch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly int Index(int start, int row, int depth) => start + (row * RowStride) + (depth * DepthStride);
}
