namespace KernelCore.Kernels;

/// <summary>What a machine can do at most. No kernel is faster than its work at these rates.</summary>
/// <param name="Name">As its maker calls it.</param>
/// <param name="FlopsPerSecond">float32 outside tensor cores.</param>
/// <param name="DoubleFlopsPerSecond">double outside tensor cores.</param>
/// <param name="BytesPerSecond">Memory.</param>
/// <remarks>Williams, Waterman, Patterson, "Roofline: an insightful visual performance model", CACM 52 (2009).</remarks>
internal sealed record Roofline(string Name, double FlopsPerSecond, double DoubleFlopsPerSecond, double BytesPerSecond)
{
    /// <summary>A100 SXM 80 GB, from NVIDIA's data sheet.</summary>
    public static Roofline A100 { get; } = new("A100", 19.5e12, 9.7e12, 2.04e12);

    /// <summary>H100 SXM 80 GB, from NVIDIA's data sheet.</summary>
    public static Roofline H100 { get; } = new("H100", 66.9e12, 33.5e12, 3.35e12);

    /// <summary>The one that a device's own name holds; null for none of them.</summary>
    public static Roofline? Of(string hardware) => Array.Find([A100, H100], roof => hardware.Contains(roof.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The least time: the three units work side by side.</summary>
    public double Seconds(KernelWork work) =>
        Math.Max(Math.Max(work.Flops / FlopsPerSecond, work.DoubleFlops / DoubleFlopsPerSecond), work.Bytes / BytesPerSecond);

    /// <summary>What takes that time: float, double or memory.</summary>
    public string Bound(KernelWork work)
    {
        double seconds = Seconds(work);
        return seconds == work.Bytes / BytesPerSecond ? "memory" : seconds == work.Flops / FlopsPerSecond ? "float" : "double";
    }
}
