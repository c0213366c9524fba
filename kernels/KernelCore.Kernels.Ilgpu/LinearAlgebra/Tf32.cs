using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Util;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>TensorFloat-32: 8 bits of exponent, 10 of mantissa, rounded to nearest, ties away from zero. NaN stays, beyond float32's range is infinite.</summary>
internal readonly struct Tf32 : ITensorFormat
{
    private const string Instruction = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ";

    public static int TermsPerWord => 1;

    /// <summary>What cvt.rna.tf32.f32 does, without its output in memory.</summary>
    public static float Round(float term) =>
        Interop.IntAsFloat(Utilities.Select(Comparison.IsNaN(term), 0x7fc00000u, (Interop.FloatAsInt(term) + 0x1000) & 0xffffe000));

    public static uint Pack(float first, float second) => Interop.FloatAsInt(first);

    public static void StoreTerms(ArrayView<Float4> slab, int at, Float4 terms) => slab[at] = terms;

    public static void PutRows<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, Float4 first, Float4 second)
        where TTile : struct, ITile<TSums>
        where TSums : struct
    {
        SlabWalk next = at.Skip(1);
        TTile.PutRows(slab, at.Row, at.Term, first, default);
        TTile.PutRows(slab, next.Row, next.Term, second, default);
    }

    public static float MultiplyAdd(float sum, int a, int b) => sum + (Interop.IntAsFloat((uint)a) * Interop.IntAsFloat((uint)b));

    public static void Emit(int square, in LeftFragments a, in RightFragments b)
    {
        if (square == 0)
        {
            CudaAsm.Emit(Instruction + MmaRegisters.Left0 + Instruction + MmaRegisters.Right1, a.A0, a.A1, a.A2, a.A3, b.B0, b.B1, b.B2, b.B3);
            CudaAsm.Emit(Instruction + MmaRegisters.Left2 + Instruction + MmaRegisters.Right3, a.A4, a.A5, a.A6, a.A7, b.B0, b.B1, b.B2, b.B3);
        }
        else if (square == 1)
        {
            CudaAsm.Emit(Instruction + MmaRegisters.Left4 + Instruction + MmaRegisters.Right5, a.A0, a.A1, a.A2, a.A3, b.B0, b.B1, b.B2, b.B3);
            CudaAsm.Emit(Instruction + MmaRegisters.Left6 + Instruction + MmaRegisters.Right7, a.A4, a.A5, a.A6, a.A7, b.B0, b.B1, b.B2, b.B3);
        }
        else if (square == 2)
        {
            CudaAsm.Emit(Instruction + MmaRegisters.Left8 + Instruction + MmaRegisters.Right9, a.A0, a.A1, a.A2, a.A3, b.B0, b.B1, b.B2, b.B3);
            CudaAsm.Emit(Instruction + MmaRegisters.Left10 + Instruction + MmaRegisters.Right11, a.A4, a.A5, a.A6, a.A7, b.B0, b.B1, b.B2, b.B3);
        }
        else if (square == 3)
        {
            CudaAsm.Emit(Instruction + MmaRegisters.Left12 + Instruction + MmaRegisters.Right13, a.A0, a.A1, a.A2, a.A3, b.B0, b.B1, b.B2, b.B3);
            CudaAsm.Emit(Instruction + MmaRegisters.Left14 + Instruction + MmaRegisters.Right15, a.A4, a.A5, a.A6, a.A7, b.B0, b.B1, b.B2, b.B3);
        }
    }
}
