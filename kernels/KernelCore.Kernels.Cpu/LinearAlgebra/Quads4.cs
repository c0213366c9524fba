using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Four rows: SSE or NEON.</summary>
internal readonly unsafe struct Quads4 : IQuads<Quads4>
{
    private readonly Vector128<float> _quads;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Quads4(Vector128<float> quads) => _quads = quads;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;
    }

    public static int Rows => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads4 Load(float* source, nint stride) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads4 ZipLow(Quads4 a, Quads4 b) => new(Sse.IsSupported ? Sse.UnpackLow(a._quads, b._quads) : AdvSimd.Arm64.ZipLow(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads4 ZipHigh(Quads4 a, Quads4 b) => new(Sse.IsSupported ? Sse.UnpackHigh(a._quads, b._quads) : AdvSimd.Arm64.ZipHigh(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads4 LowHalves(Quads4 a, Quads4 b) => new(Sse2.IsSupported
        ? Sse2.UnpackLow(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle()
        : AdvSimd.Arm64.ZipLow(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads4 HighHalves(Quads4 a, Quads4 b) => new(Sse2.IsSupported
        ? Sse2.UnpackHigh(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle()
        : AdvSimd.Arm64.ZipHigh(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _quads.Store(destination);
}
