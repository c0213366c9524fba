using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>4 x 4 elements: those of one thread in a square of 4 Side x 4 Side.</summary>
internal struct Quad
{
    public Float4 Row0, Row1, Row2, Row3;

    /// <summary>This + a b^T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Quad AddOuter(Float4 a, Float4 b) => new()
    {
        Row0 = Row0.Add(a.X, b),
        Row1 = Row1.Add(a.Y, b),
        Row2 = Row2.Add(a.Z, b),
        Row3 = Row3.Add(a.W, b),
    };

    /// <summary>This o other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Quad Times(Quad other) => new()
    {
        Row0 = Row0.Times(other.Row0),
        Row1 = Row1.Times(other.Row1),
        Row2 = Row2.Times(other.Row2),
        Row3 = Row3.Times(other.Row3),
    };
}
