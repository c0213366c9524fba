using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Width of the vectors that the kernels use, in bits.</summary>
internal enum SimdWidth
{
    /// <summary>No vectors: one float at a time.</summary>
    Scalar = 32,

    /// <summary><see cref="Vector128{T}"/>: SSE, NEON.</summary>
    Bits128 = 128,

    /// <summary><see cref="Vector256{T}"/>: AVX2 with fused multiply-add.</summary>
    Bits256 = 256,

    /// <summary><see cref="Vector512{T}"/>: AVX-512.</summary>
    Bits512 = 512,
}

/// <summary>A kernel that runs on registers of one width from end to end.</summary>
internal interface ILanesBody
{
    void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>The one place that decides which vectors this process uses.</summary>
/// <remarks>
/// The decision is the runtime's, so its switches work: <c>DOTNET_PreferredVectorBitWidth</c>, <c>DOTNET_EnableAVX512=0</c>,
/// <c>DOTNET_EnableAVX2=0</c>, <c>DOTNET_EnableHWIntrinsic=0</c>. Every expression here is a constant to the JIT.
/// </remarks>
internal static class Simd
{
    /// <summary>Widest vectors that are accelerated.</summary>
    public static SimdWidth Width =>
        Vector512.IsHardwareAccelerated ? SimdWidth.Bits512
        : Vector256.IsHardwareAccelerated ? SimdWidth.Bits256
        : Vector128.IsHardwareAccelerated ? SimdWidth.Bits128
        : SimdWidth.Scalar;

    /// <summary>Runs a kernel on the widest registers.</summary>
    public static void RunWidest<TBody>(TBody body)
        where TBody : struct, ILanesBody, allows ref struct
    {
        switch (Width)
        {
            case SimdWidth.Bits512:
                body.Run<Lanes16>();
                break;
            case SimdWidth.Bits256:
                body.Run<Lanes8>();
                break;
            case SimdWidth.Bits128:
                body.Run<Lanes4>();
                break;
            default:
                body.Run<Lane>();
                break;
        }
    }

    /// <summary>Whether a * b + c is rounded once. Without the instruction, kernels multiply and add with two roundings.</summary>
    public static bool Fused => Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>What people call it: <c>AVX-512 (512-bit)</c>.</summary>
    public static string InstructionSet => Width switch
    {
        SimdWidth.Bits512 => "AVX-512 (512-bit)",
        SimdWidth.Bits256 => "AVX2 (256-bit)",
        SimdWidth.Bits128 when AdvSimd.IsSupported => "NEON (128-bit)",
        SimdWidth.Bits128 => "128-bit SIMD",
        _ => "scalar",
    };
}
