using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Util;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>bfloat16: 8 bits of exponent, 7 of mantissa, rounded to nearest, ties to even. NaN stays, beyond its range is infinite.</summary>
internal readonly struct Bf16 : ITensorFormat
{
    private const string Instruction = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 ";

    public static int TermsPerWord => 2;

    /// <summary>What cvt.rn.bf16.f32 does, without its output in memory; the lower half is left over.</summary>
    public static float Round(float term)
    {
        uint bits = Interop.FloatAsInt(term);
        return Interop.IntAsFloat(Utilities.Select(Comparison.IsNaN(term), 0x7fc00000u, bits + 0x7fff + ((bits >> 16) & 1)));
    }

    public static uint Pack(float first, float second) => (Interop.FloatAsInt(first) >> 16) | (Interop.FloatAsInt(second) & 0xffff0000);

    public static void StoreTerms(ArrayView<Float4> slab, int at, Float4 terms) => slab.Cast<Float2>()[at] = new()
    {
        X = Interop.IntAsFloat(Pack(terms.X, terms.Y)), Y = Interop.IntAsFloat(Pack(terms.Z, terms.W)),
    };

    public static void PutRows<TTile, TSums>(ArrayView<Float4> slab, SlabWalk at, Float4 first, Float4 second)
        where TTile : struct, ITile<TSums>
        where TSums : struct => TTile.PutRows(slab, at.Row, at.Term, first, second);

    public static float MultiplyAdd(float sum, int a, int b) => sum + (Low(a) * Low(b)) + (High(a) * High(b));

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

    private static float Low(int word) => Interop.IntAsFloat((uint)word << 16);

    private static float High(int word) => Interop.IntAsFloat((uint)word & 0xffff0000);
}
