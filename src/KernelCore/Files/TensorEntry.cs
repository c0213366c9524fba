using KernelCore.Kernels;

namespace KernelCore.Files;

/// <summary>One tensor of a safetensors file, as its header describes it.</summary>
/// <param name="Name">Name, unique within the file.</param>
/// <param name="Type">Element type as stored.</param>
/// <param name="Shape">Extents, row-major; rank 0 is a scalar.</param>
/// <param name="Offset">First byte, counted from the end of the header.</param>
public sealed record TensorEntry(string Name, ElementType Type, Shape Shape, long Offset)
{
    /// <summary>Stored size in bytes.</summary>
    public long ByteCount => Shape.Count * Type.Size();
}
