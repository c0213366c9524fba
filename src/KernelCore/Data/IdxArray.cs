using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>The content of an IDX file of unsigned bytes.</summary>
/// <param name="Shape">Extents; the first axis counts samples.</param>
/// <param name="Values">Elements, row-major.</param>
public sealed record IdxArray(Shape Shape, ReadOnlyMemory<byte> Values);
