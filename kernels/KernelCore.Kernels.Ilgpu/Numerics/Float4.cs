using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Four floats that are loaded and stored as one 16-byte word.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct Float4
{
    public float X, Y, Z, W;

    /// <summary>This + factor other, lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Add(float factor, Float4 other) => new()
    {
        X = (factor * other.X) + X,
        Y = (factor * other.Y) + Y,
        Z = (factor * other.Z) + Z,
        W = (factor * other.W) + W,
    };

    /// <summary>Lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Times(Float4 other) => new()
    {
        X = X * other.X,
        Y = Y * other.Y,
        Z = Z * other.Z,
        W = W * other.W,
    };
}
