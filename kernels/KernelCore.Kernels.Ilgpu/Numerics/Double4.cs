using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Four doubles of one thread, as sums take them. Lane by lane.</summary>
internal readonly struct Double4
{
    public readonly double X, Y, Z, W;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Double4(double x, double y, double z, double w) => (X, Y, Z, W) = (x, y, z, w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Double4(Real4 word) => new(word.X, word.Y, word.Z, word.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Double4(double value) => new(value, value, value, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double4 operator -(Double4 a, Double4 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z, a.W - b.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Double4 operator *(Double4 a, Double4 b) => new(a.X * b.X, a.Y * b.Y, a.Z * b.Z, a.W * b.W);

    /// <summary>To float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4 Round() => new((float)X, (float)Y, (float)Z, (float)W);

    /// <summary>From the first to the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Sum() => X + Y + Z + W;

    /// <summary>The sum of the products with the elements of another word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Dot(Double4 other) => (this * other).Sum();
}
