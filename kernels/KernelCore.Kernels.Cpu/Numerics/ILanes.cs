using System.Runtime.Intrinsics;

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

    /// <summary>The first <paramref name="count"/> floats, at least one and fewer than there are lanes; <paramref name="rest"/> in the other lanes. Reads nothing else.</summary>
    static abstract TSelf LoadFirst(float* source, int count, float rest);

    /// <summary>source[0], source[2], source[4], ...; reads nothing beyond the last of them.</summary>
    static abstract TSelf LoadEven(float* source);

    /// <summary>Four floats, over and over: a quad. Only registers of four lanes and more hold one.</summary>
    static abstract TSelf LoadQuad(float* source);

    /// <summary>Float <paramref name="i"/> of a quad in all lanes: what <c>Broadcast</c> reads from memory each time.</summary>
    static abstract TSelf BroadcastOf(TSelf quad, int i);

    void Store(float* destination);

    /// <summary>Adds a b in place. Unlike an assignment of <c>MultiplyAdd</c>, it never costs the JIT a copy of the sum.</summary>
    void AddProduct(TSelf a, TSelf b);

    /// <summary>Adds *a b in place. With AVX-512 the multiply-add reads *a itself; elsewhere neighbouring calls share one read.</summary>
    void AddProduct(float* a, TSelf b);

    /// <summary>Adds a times the lanes that start at b in place: a multiply-add that reads them itself.</summary>
    void AddProduct(TSelf a, float* b);

    /// <summary>a, with another value in one lane; unchanged when there is no such lane.</summary>
    static abstract TSelf Replace(TSelf a, int lane, float value);

    /// <summary>Sum of the lanes, in a fixed order.</summary>
    float Sum();

    /// <summary>The sum of the lanes of a and that of the lanes of b: added in float32 in a fixed order; of eight and more lanes the last two in double.</summary>
    static abstract Vector128<double> Sums(TSelf a, TSelf b);

    /// <summary>The largest lane; a NaN is skipped or returned, whichever comes.</summary>
    float Largest();

    /// <summary>First lane with this value; the number of lanes when there is none.</summary>
    int IndexOf(TSelf value);

    /// <summary>a 2^n where that and 2^n are normal numbers.</summary>
    static virtual TSelf ScaleToNormal(TSelf a, TSelf n) => a * TSelf.PowerOfTwo(n);

    /// <summary>Writes offset + step i + the value of lane i, a whole number, for every lane i.</summary>
    void StoreIntegers(int* destination, int offset, int step);
}
