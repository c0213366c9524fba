using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Eight doubles: AVX-512, where <see cref="System.Numerics.Vector{T}"/> stays at four.</summary>
internal readonly unsafe struct DoubleLanes8 : IDoubleLanes<DoubleLanes8>
{
    private readonly Vector512<double> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DoubleLanes8(Vector512<double> lanes) => _lanes = lanes;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;
    }

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 Load(float* source) => new(Avx512F.ConvertToVector512Double(Vector256.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 Load(double* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 Broadcast(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => Avx512F.ConvertToVector256Single(_lanes).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(double* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Sum() => Vector512.Sum(_lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 operator +(DoubleLanes8 a, DoubleLanes8 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 operator -(DoubleLanes8 a, DoubleLanes8 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 operator *(DoubleLanes8 a, DoubleLanes8 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes8 ProductOrZero(DoubleLanes8 a, DoubleLanes8 b) => new(Vector512.ConditionalSelect(
        Vector512.Equals(a._lanes, Vector512<double>.Zero), Vector512<double>.Zero, a._lanes * b._lanes));
}
