using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Sixteen rows: AVX-512.</summary>
internal readonly unsafe struct Quads16 : IQuads<Quads16>
{
    private readonly Vector512<float> _quads;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Quads16(Vector512<float> quads) => _quads = quads;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;
    }

    public static int Rows => 16;

    // Quads inserted from memory need no shuffle.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads16 Load(float* source, nint stride)
    {
        Vector512<float> quads = Vector128.Load(source).ToVector256Unsafe().ToVector512Unsafe();
        quads = Avx512F.InsertVector128(quads, Vector128.Load(source + (4 * stride)), 1);
        quads = Avx512F.InsertVector128(quads, Vector128.Load(source + (8 * stride)), 2);
        return new(Avx512F.InsertVector128(quads, Vector128.Load(source + (12 * stride)), 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads16 ZipLow(Quads16 a, Quads16 b) => new(Avx512F.UnpackLow(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads16 ZipHigh(Quads16 a, Quads16 b) => new(Avx512F.UnpackHigh(a._quads, b._quads));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads16 LowHalves(Quads16 a, Quads16 b) => new(Avx512F.UnpackLow(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quads16 HighHalves(Quads16 a, Quads16 b) => new(Avx512F.UnpackHigh(a._quads.AsDouble(), b._quads.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _quads.Store(destination);
}
