using ILGPU;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

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
