using ILGPU;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

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
