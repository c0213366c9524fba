using ILGPU;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The tensor cores of a GPU, by inline assembly.</summary>
/// <remarks>
/// An output of inline assembly goes through memory, so the sums stay in registers that the assembly itself declares; the
/// <see cref="Quad"/> that is handed around is unused.
/// </remarks>
internal readonly struct TensorCore<TFormat> : ITensorCore
    where TFormat : struct, ITensorFormat
{
    public static void Begin() => CudaAsm.Emit(MmaRegisters.Declaration);

    public static Quad Zero()
    {
        CudaAsm.Emit(MmaRegisters.Clear);
        return default;
    }

    public static Quad MultiplyAdd(Quad sums, in WarpFragments fragments)
    {
        TFormat.Emit(fragments);
        return sums;
    }

    public static void Store(Quad sums, ArrayView<float> to, int at, int down)
    {
        CudaAsm.Emit("mov.f32 %0, sum0;", out to[at]);
        CudaAsm.Emit("mov.f32 %0, sum1;", out to[at + 1]);
        CudaAsm.Emit("mov.f32 %0, sum2;", out to[at + down]);
        CudaAsm.Emit("mov.f32 %0, sum3;", out to[at + down + 1]);
        CudaAsm.Emit("mov.f32 %0, sum4;", out to[at + 8]);
        CudaAsm.Emit("mov.f32 %0, sum5;", out to[at + 9]);
        CudaAsm.Emit("mov.f32 %0, sum6;", out to[at + down + 8]);
        CudaAsm.Emit("mov.f32 %0, sum7;", out to[at + down + 9]);
        CudaAsm.Emit("mov.f32 %0, sum8;", out to[at + 16]);
        CudaAsm.Emit("mov.f32 %0, sum9;", out to[at + 17]);
        CudaAsm.Emit("mov.f32 %0, sum10;", out to[at + down + 16]);
        CudaAsm.Emit("mov.f32 %0, sum11;", out to[at + down + 17]);
        CudaAsm.Emit("mov.f32 %0, sum12;", out to[at + 24]);
        CudaAsm.Emit("mov.f32 %0, sum13;", out to[at + 25]);
        CudaAsm.Emit("mov.f32 %0, sum14;", out to[at + down + 24]);
        CudaAsm.Emit("mov.f32 %0, sum15;", out to[at + down + 25]);
    }
}

/// <summary>The registers of the sums, and the operands of the instruction for each block of them.</summary>
internal static class MmaRegisters
{
    public const string Declaration = ".reg .f32 sum<16>;";

    public const string Clear =
        "mov.f32 sum0, 0f00000000; mov.f32 sum1, 0f00000000; mov.f32 sum2, 0f00000000; mov.f32 sum3, 0f00000000; "
        + "mov.f32 sum4, 0f00000000; mov.f32 sum5, 0f00000000; mov.f32 sum6, 0f00000000; mov.f32 sum7, 0f00000000; "
        + "mov.f32 sum8, 0f00000000; mov.f32 sum9, 0f00000000; mov.f32 sum10, 0f00000000; mov.f32 sum11, 0f00000000; "
        + "mov.f32 sum12, 0f00000000; mov.f32 sum13, 0f00000000; mov.f32 sum14, 0f00000000; mov.f32 sum15, 0f00000000;";

    public const string First = "{sum0, sum1, sum2, sum3}" + Factors + "{sum0, sum1, sum2, sum3};";

    public const string Second = "{sum4, sum5, sum6, sum7}" + Factors + "{sum4, sum5, sum6, sum7};";

    public const string Third = "{sum8, sum9, sum10, sum11}" + Factors + "{sum8, sum9, sum10, sum11};";

    public const string Fourth = "{sum12, sum13, sum14, sum15}" + Factors + "{sum12, sum13, sum14, sum15};";

    private const string Factors = ", {%0, %1, %2, %3}, {%4, %5}, ";
}
