namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A register of float32 lanes. A kernel written against this interface is compiled once per width, and the width of
/// one serves its tails, so every element sees the same operations in the same order wherever it lies.
/// </summary>
/// <remarks>
/// Implemented by <see cref="Lanes16"/>, <see cref="Lanes8"/>, <see cref="Lanes4"/> and <see cref="Lane"/>. Where the
/// processor has fused multiply-adds, all widths fuse; where it has none, none does.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    /// <summary>source[0], source[2], source[4], ...; reads nothing beyond the last of them.</summary>
    static abstract TSelf LoadEven(float* source);

    static abstract TSelf Broadcast(float value);

    void Store(float* destination);

    /// <summary>Writes offset + step i + the value of lane i, a whole number, for every lane i.</summary>
    void StoreIntegers(int* destination, int offset, int step);

    static abstract TSelf operator +(TSelf a, TSelf b);

    static abstract TSelf operator -(TSelf a, TSelf b);

    static abstract TSelf operator *(TSelf a, TSelf b);

    static abstract TSelf operator /(TSelf a, TSelf b);

    /// <summary>a b + c, fused where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>a &lt; b ? a : b, hence b when either is NaN.</summary>
    static abstract TSelf Min(TSelf a, TSelf b);

    /// <summary>a &gt; b ? a : b, hence b when either is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf a);

    static abstract TSelf Sqrt(TSelf a);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>2^n for integral n in [-126, 127]; any number for other arguments.</summary>
    static abstract TSelf PowerOfTwo(TSelf n);

    /// <summary>a 2^n for integral n in [-252, 254], subnormal results rounded.</summary>
    static abstract TSelf Scale(TSelf a, TSelf n);

    /// <summary>floor(log2 a) for positive normal a; any whole number for other arguments.</summary>
    static abstract TSelf Exponent(TSelf a);

    /// <summary>Lane by lane a &lt; b ? yes : no.</summary>
    static abstract TSelf WhereLess(TSelf a, TSelf b, TSelf yes, TSelf no);

    /// <summary>Lane by lane a &lt;= b ? yes : no.</summary>
    static abstract TSelf WhereLessOrEqual(TSelf a, TSelf b, TSelf yes, TSelf no);
}
