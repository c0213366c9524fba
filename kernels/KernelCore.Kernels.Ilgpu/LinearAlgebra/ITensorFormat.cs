using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What tensor cores multiply. Factors are rounded to it when they are brought to shared memory; sums are float32.</summary>
internal interface ITensorFormat
{
    /// <summary>Consecutive terms in a word of 4 bytes.</summary>
    static abstract int TermsPerWord { get; }

    /// <summary>Rounds the terms of a word; where it has one, the second is nothing.</summary>
    static abstract uint Pack(float first, float second);

    /// <summary>Rounds four neighbouring terms and writes them as one word of shared memory, the one of that number.</summary>
    static abstract void StoreTerms(ArrayView<Float4> slab, int at, Float4 terms);

    /// <summary>sum + the products of the terms of two words. Each product is exact in float32.</summary>
    static abstract float MultiplyAdd(float sum, int a, int b);

    /// <summary>The instruction, for the four blocks of a square: adds to the registers of <see cref="TensorCore{TFormat}"/>.</summary>
    static abstract void Emit(int square, in LeftFragments a, in RightFragments b);
}
