using ILGPU;
using ILGPU.Runtime.Cuda;

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

/// <summary>TensorFloat-32: 8 bits of exponent, 10 of mantissa, rounded to nearest, ties away from zero. NaN stays, beyond float32's range is infinite.</summary>
internal readonly struct Tf32 : ITensorFormat
{
    private const string Instruction = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ";

    public static int TermsPerWord => 1;

    public static void Put(ArrayView<Float4> slab, int word, int term, float value) => slab.Cast<uint>()[word] = Round(value);

    public static float MultiplyAdd(float sum, int a, int b) => sum + (Interop.IntAsFloat((uint)a) * Interop.IntAsFloat((uint)b));

    public static void Emit(in WarpFragments f)
    {
        CudaAsm.Emit(Instruction + MmaRegisters.First, f.A0, f.A1, f.A2, f.A3, f.B0, f.B1);
        CudaAsm.Emit(Instruction + MmaRegisters.Second, f.A0, f.A1, f.A2, f.A3, f.B2, f.B3);
        CudaAsm.Emit(Instruction + MmaRegisters.Third, f.A0, f.A1, f.A2, f.A3, f.B4, f.B5);
        CudaAsm.Emit(Instruction + MmaRegisters.Fourth, f.A0, f.A1, f.A2, f.A3, f.B6, f.B7);
    }

    /// <summary>What cvt.rna.tf32.f32 does, without its output in memory.</summary>
    private static uint Round(float value) => float.IsNaN(value) ? 0x7fc00000 : (Interop.FloatAsInt(value) + 0x1000) & 0xffffe000;
}

/// <summary>bfloat16: 8 bits of exponent, 7 of mantissa, rounded to nearest, ties to even. NaN stays, beyond its range is infinite.</summary>
internal readonly struct Bf16 : ITensorFormat
{
    private const string Instruction = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ";

    public static int TermsPerWord => 2;

    public static void Put(ArrayView<Float4> slab, int word, int term, float value) => slab.Cast<ushort>()[(2 * word) + term] = (ushort)Round(value);

    public static float MultiplyAdd(float sum, int a, int b) => sum + (Low(a) * Low(b)) + (High(a) * High(b));

    public static void Emit(in WarpFragments f)
    {
        CudaAsm.Emit(Instruction + MmaRegisters.First, f.A0, f.A1, f.A2, f.A3, f.B0, f.B1);
        CudaAsm.Emit(Instruction + MmaRegisters.Second, f.A0, f.A1, f.A2, f.A3, f.B2, f.B3);
        CudaAsm.Emit(Instruction + MmaRegisters.Third, f.A0, f.A1, f.A2, f.A3, f.B4, f.B5);
        CudaAsm.Emit(Instruction + MmaRegisters.Fourth, f.A0, f.A1, f.A2, f.A3, f.B6, f.B7);
    }

    /// <summary>What cvt.rn.bf16.f32 does, without its output in memory.</summary>
    private static uint Round(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        return float.IsNaN(value) ? 0x7fc0 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    }

    private static float Low(int word) => Interop.IntAsFloat((uint)word << 16);

    private static float High(int word) => Interop.IntAsFloat((uint)word & 0xffff0000);
}
