using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Two floats, or their bits, that are loaded and stored as one 8-byte word.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct Float2
{
    public float X, Y;
}
