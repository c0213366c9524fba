namespace KernelCore.Kernels.Cpu;

/// <summary>Arithmetic of splitting an extent into parts.</summary>
internal static class Tiling
{
    /// <summary>Parts of a size that cover an extent; the last may be smaller.</summary>
    public static int Parts(int extent, int size) => (extent + size - 1) / size;
}
