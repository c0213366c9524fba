namespace KernelCore.Benchmarks;

/// <summary>Arithmetic and memory traffic of a computation.</summary>
/// <param name="Flops">Multiplications and additions.</param>
/// <param name="Bytes">Bytes read and written.</param>
public readonly record struct Work(double Flops, double Bytes)
{
    /// <summary>One after the other.</summary>
    public static Work operator +(Work a, Work b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);

    /// <summary>The same several times.</summary>
    public static Work operator *(double times, Work work) => new(times * work.Flops, times * work.Bytes);

    /// <summary>The least time that a machine of these rates allows: the longer of both.</summary>
    public double Seconds(MachineRates rates) => Math.Max(Flops / rates.FlopsPerSecond, Bytes / rates.BytesPerSecond);
}
