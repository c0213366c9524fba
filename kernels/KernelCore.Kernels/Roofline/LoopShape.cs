namespace KernelCore.Kernels;

/// <summary>What one element or one row takes.</summary>
/// <param name="Reads">Words of 4 bytes.</param>
/// <param name="Writes">Words of 4 bytes.</param>
/// <param name="Flops">Operations in float32.</param>
/// <param name="DoubleFlops">Operations in double.</param>
internal readonly record struct Cost(double Reads = 0, double Writes = 0, double Flops = 0, double DoubleFlops = 0);

/// <summary>The shape of a kernel that walks rows and columns: it fixes the launch, and the work follows from it.</summary>
/// <param name="Rows">Rows; a warp takes one where rows are reduced.</param>
/// <param name="Columns">Elements of a row.</param>
/// <param name="Element">Of every element.</param>
/// <param name="Row">Of every row besides.</param>
/// <param name="SharedReads">Words that all rows share, such as one per column.</param>
internal readonly record struct LoopShape(long Rows, long Columns, Cost Element = default, Cost Row = default, long SharedReads = 0)
{
    public long Count => Rows * Columns;

    public KernelWork Work => new(
        (Element.Flops * Count) + (Row.Flops * Rows),
        (Element.DoubleFlops * Count) + (Row.DoubleFlops * Rows),
        sizeof(float) * (((Element.Reads + Element.Writes) * Count) + ((Row.Reads + Row.Writes) * Rows) + SharedReads));

    /// <summary>A loop that only finishes what another one did: its own work does not count.</summary>
    public static implicit operator LoopShape(long rows) => new(rows, 1);
}
