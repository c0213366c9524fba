using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What tensor cores multiply. Factors are rounded to it when they are brought to shared memory; sums are float32.</summary>
internal interface ITensorFormat
{
    /// <summary>Consecutive terms in a word of 4 bytes.</summary>
    static abstract int TermsPerWord { get; }

    /// <summary>Rounds a term; of its bits, only those of the format mean something.</summary>
    static abstract float Round(float term);

    /// <summary>A word of rounded terms; where it has one, the second is nothing.</summary>
    static abstract uint Pack(float first, float second);

    /// <summary>Writes four neighbouring rounded terms as one word of shared memory, the one of that number.</summary>
    static abstract void StoreTerms(ArrayView<Float4> slab, int at, Float4 terms);

    /// <summary>Writes two words of neighbouring rows to a slab: two terms, which are next to one another where a word has two.</summary>
    static abstract void PutRows<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, Float4 first, Float4 second)
        where TTile : struct, ITile<TSums>
        where TSums : struct;

    /// <summary>sum + the products of the terms of two words. Each product is exact in float32.</summary>
    static abstract float MultiplyAdd(float sum, int a, int b);

    /// <summary>The instruction, for the four blocks of a square: adds to the registers of <see cref="TensorCore{TFormat}"/>.</summary>
    static abstract void Emit(int square, in LeftFragments a, in RightFragments b);
}
