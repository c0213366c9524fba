namespace KernelCore.Kernels;

/// <summary>The least that a computation takes of any machine.</summary>
/// <param name="Flops">Additions, multiplications, divisions, roots and comparisons in float32.</param>
/// <param name="DoubleFlops">The same in double.</param>
/// <param name="Bytes">Memory traffic when every operand is read once and every result written once.</param>
internal readonly record struct KernelWork(double Flops, double DoubleFlops, double Bytes)
{
    /// <summary>One after the other.</summary>
    public static KernelWork operator +(KernelWork a, KernelWork b) => new(a.Flops + b.Flops, a.DoubleFlops + b.DoubleFlops, a.Bytes + b.Bytes);

    /// <summary>The same several times.</summary>
    public static KernelWork operator *(double times, KernelWork work) => new(times * work.Flops, times * work.DoubleFlops, times * work.Bytes);

    /// <summary>Operations per byte.</summary>
    public double Intensity => (Flops + DoubleFlops) / Bytes;
}
