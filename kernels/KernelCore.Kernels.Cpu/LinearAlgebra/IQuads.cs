namespace KernelCore.Kernels.Cpu;

/// <summary>
/// A register of quads: four neighbouring floats from every fourth of <see cref="Rows"/> rows. Four of them, begun at
/// successive rows, hold a block [rows, 4]; zipping and halving within the quads transposes it.
/// </summary>
internal unsafe interface IQuads<TSelf>
    where TSelf : struct, IQuads<TSelf>
{
    static abstract bool IsSupported { get; }

    /// <summary>Rows of the block: lanes of the register.</summary>
    static abstract int Rows { get; }

    /// <summary>Quad q is source[4 q stride] and the three floats after it.</summary>
    static abstract TSelf Load(float* source, nint stride);

    /// <summary>(a0 b0 a1 b1) of every quad.</summary>
    static abstract TSelf ZipLow(TSelf a, TSelf b);

    /// <summary>(a2 b2 a3 b3) of every quad.</summary>
    static abstract TSelf ZipHigh(TSelf a, TSelf b);

    /// <summary>(a0 a1 b0 b1) of every quad.</summary>
    static abstract TSelf LowHalves(TSelf a, TSelf b);

    /// <summary>(a2 a3 b2 b3) of every quad.</summary>
    static abstract TSelf HighHalves(TSelf a, TSelf b);

    /// <summary>Writes all lanes.</summary>
    void Store(float* destination);
}
