using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>What tensor cores multiply. Factors are rounded to it when they are brought to shared memory; sums are float32.</summary>
internal interface ITensorFormat
{
    /// <summary>Consecutive terms in a word of 4 bytes.</summary>
    static abstract int TermsPerWord { get; }

    /// <summary>Rounds a factor and writes it as a term of a word of shared memory.</summary>
    static abstract void Put(ArrayView<Float4> slab, int word, int term, float value);

    /// <summary>sum + the products of the terms of two words. Each product is exact in float32.</summary>
    static abstract float MultiplyAdd(float sum, int a, int b);

    /// <summary>The instruction, for the four fragments of a warp: adds to the registers of <see cref="TensorCore{TFormat}"/>.</summary>
    static abstract void Emit(in WarpFragments f);
}
