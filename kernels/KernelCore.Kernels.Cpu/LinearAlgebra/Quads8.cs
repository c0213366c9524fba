using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Eight rows: AVX.</summary>
internal readonly unsafe struct Quads8 : IQuads<Quads8>
{
    private readonly Vector256<float> _quads;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Quads8(Vector256<float> quads) => _quads = quads;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.IsHardwareAccelerated && Avx.IsSupported;
    }

    public static int Rows => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads8 Load(float* source, nint stride) => new(Vector256.Create(Vector128.Load(source), Vector128.Load(source + (4 * stride))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads8 ZipLow(Quads8 a, Quads8 b) => new(Avx.UnpackLow(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads8 ZipHigh(Quads8 a, Quads8 b) => new(Avx.UnpackHigh(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads8 LowHalves(Quads8 a, Quads8 b) => new(Avx.UnpackLow(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads8 HighHalves(Quads8 a, Quads8 b) => new(Avx.UnpackHigh(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _quads.Store(destination);
}
