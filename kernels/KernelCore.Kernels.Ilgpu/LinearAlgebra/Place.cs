using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Where an element of an operand is, or what its row or its position of the sum contributes to that: the parts add up.</summary>
internal readonly struct Place
{
    /// <summary>Elements from the first.</summary>
    public readonly int Offset;

    /// <summary>Row and column of an image, where the operand has to know whether they are inside.</summary>
    public readonly int Down, Across;

    /// <summary>Sample, where each has a coefficient.</summary>
    public readonly int Sample;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Place(int offset, int down = 0, int across = 0, int sample = 0) => (Offset, Down, Across, Sample) = (offset, down, across, sample);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Place operator +(Place a, Place b) => new(a.Offset + b.Offset, a.Down + b.Down, a.Across + b.Across, a.Sample + b.Sample);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Place Moved(int offset) => new(Offset + offset, Down, Across, Sample);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Place Of(int sample) => new(Offset, Down, Across, sample);
}
