using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>8 x 8 elements: those of one thread in two rows of two squares.</summary>
internal struct Quads
{
    public Quad TopLeft, TopRight, BottomLeft, BottomRight;

    /// <summary>Squares in a row, and rows of them.</summary>
    public const int Reach = 2;

    /// <summary>Two groups on each multiprocessor: one of them multiplies while the other waits for memory. That leaves each thread 128 registers.</summary>
    public const int GroupsEach = 2;

    /// <summary>Without the first square: the next one takes its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Quads Rest() => new() { TopLeft = TopRight, TopRight = BottomLeft, BottomLeft = BottomRight };
}
