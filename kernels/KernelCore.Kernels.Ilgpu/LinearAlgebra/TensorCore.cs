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

    public static Quad Zero(int square)
    {
        if (square == 0)
        {
            CudaAsm.Emit(MmaRegisters.Clear0);
        }
        else if (square == 1)
        {
            CudaAsm.Emit(MmaRegisters.Clear1);
        }
        else if (square == 2)
        {
            CudaAsm.Emit(MmaRegisters.Clear2);
        }
        else if (square == 3)
        {
            CudaAsm.Emit(MmaRegisters.Clear3);
        }

        return default;
    }

    public static Quad MultiplyAdd(int square, Quad sums, in LeftFragments a, in RightFragments b)
    {
        TFormat.Emit(square, a, b);
        return sums;
    }

    public static void Store(Quad sums, ArrayView<float> to, int stride)
    {
        CudaAsm.Emit("mov.f32 %0, sum0;", out to[0]);
        CudaAsm.Emit("mov.f32 %0, sum1;", out to[1]);
        CudaAsm.Emit("mov.f32 %0, sum2;", out to[8 * stride]);
        CudaAsm.Emit("mov.f32 %0, sum3;", out to[(8 * stride) + 1]);
        CudaAsm.Emit("mov.f32 %0, sum4;", out to[8]);
        CudaAsm.Emit("mov.f32 %0, sum5;", out to[9]);
        CudaAsm.Emit("mov.f32 %0, sum6;", out to[(8 * stride) + 8]);
        CudaAsm.Emit("mov.f32 %0, sum7;", out to[(8 * stride) + 9]);
        CudaAsm.Emit("mov.f32 %0, sum8;", out to[16 * stride]);
        CudaAsm.Emit("mov.f32 %0, sum9;", out to[(16 * stride) + 1]);
        CudaAsm.Emit("mov.f32 %0, sum10;", out to[24 * stride]);
        CudaAsm.Emit("mov.f32 %0, sum11;", out to[(24 * stride) + 1]);
        CudaAsm.Emit("mov.f32 %0, sum12;", out to[(16 * stride) + 8]);
        CudaAsm.Emit("mov.f32 %0, sum13;", out to[(16 * stride) + 9]);
        CudaAsm.Emit("mov.f32 %0, sum14;", out to[(24 * stride) + 8]);
        CudaAsm.Emit("mov.f32 %0, sum15;", out to[(24 * stride) + 9]);
    }

    public static void Rest() => CudaAsm.Emit(MmaRegisters.Rest);
}
