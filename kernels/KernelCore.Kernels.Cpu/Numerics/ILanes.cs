namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A register of float32 lanes. A kernel written against this interface is compiled once per width, and the width of
/// one serves its tails, so every element sees the same operations in the same order wherever it lies.
/// </summary>
/// <remarks>
/// Implemented by <see cref="Lanes16"/>, <see cref="Lanes8"/>, <see cref="Lanes4"/> and <see cref="Lane"/>. Where the
/// processor has fused multiply-adds, all widths fuse; where it has none, none does.
/// </remarks>
internal unsafe interface ILanes<TSelf> : IReal<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>source[0], source[2], source[4], ...; reads nothing beyond the last of them.</summary>
    static abstract TSelf LoadEven(float* source);

    void Store(float* destination);

    /// <summary>Writes offset + step i + the value of lane i, a whole number, for every lane i.</summary>
    void StoreIntegers(int* destination, int offset, int step);
}
