using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Sixteen lanes: AVX-512.</summary>
internal unsafe struct Lanes16 : ILanes<Lanes16>
{
    private Vector512<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes16(Vector512<float> lanes) => _lanes = lanes;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 LoadFirst(float* source, int count, float rest) => new(Avx512F.MaskLoad(
        source, Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle(), Vector512.Create(rest)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 LoadEven(float* source) => new(Vector512.Create(
        Vector512.Shuffle(Vector512.Load(source), Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 0, 0, 0, 0, 0, 0, 0, 0)).GetLower(),
        Vector512.Shuffle(Vector512.Load(source + Count - 1), Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 0, 0, 0, 0, 0, 0, 0, 0)).GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 LoadQuad(float* source) => new(Avx512F.BroadcastVector128ToVector512(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 BroadcastOf(Lanes16 quad, int i) => new(i switch
    {
        0 => Avx512F.Permute4x32(quad._lanes, 0b00_00_00_00),
        1 => Avx512F.Permute4x32(quad._lanes, 0b01_01_01_01),
        2 => Avx512F.Permute4x32(quad._lanes, 0b10_10_10_10),
        _ => Avx512F.Permute4x32(quad._lanes, 0b11_11_11_11),
    });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Replace(Lanes16 a, int lane, float value) => new(Vector512.ConditionalSelect(
        Vector512.Equals(Vector512<int>.Indices, Vector512.Create(lane)).AsSingle(), Vector512.Create(value), a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector512.Sum(_lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Sums(Lanes16 a, Lanes16 b)
    {
        Vector512<float> alternate = Avx512F.UnpackLow(a._lanes, b._lanes) + Avx512F.UnpackHigh(a._lanes, b._lanes);
        return Lanes8.AlternateSums(alternate.GetLower() + alternate.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Largest() => new Lanes8(Vector256.MaxNative(_lanes.GetLower(), _lanes.GetUpper())).Largest();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(Lanes16 value) => BitOperations.TrailingZeroCount(Vector512.Equals(_lanes, value._lanes).ExtractMostSignificantBits() | (1ul << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreIntegers(int* destination, int offset, int step) =>
        (Vector512.ConvertToInt32Native(_lanes) + Vector512.Create(offset) + (Vector512<int>.Indices * step)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator +(Lanes16 a, Lanes16 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator -(Lanes16 a, Lanes16 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator *(Lanes16 a, Lanes16 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 operator /(Lanes16 a, Lanes16 b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes16 a, Lanes16 b) => _lanes = Vector512.MultiplyAddEstimate(a._lanes, b._lanes, _lanes);

    // What is read as volatile is not read once for two multiply-adds: it stays part of the instruction, {1to16}.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(float* a, Lanes16 b) => _lanes = Vector512.MultiplyAddEstimate(Vector512.Create(Volatile.Read(ref *a)), b._lanes, _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes16 a, float* b) => _lanes = Vector512.MultiplyAddEstimate(a._lanes, Vector512.Load(b), _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 MultiplyAdd(Lanes16 a, Lanes16 b, Lanes16 c) => new(Vector512.MultiplyAddEstimate(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Min(Lanes16 a, Lanes16 b) => new(Vector512.MinNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Max(Lanes16 a, Lanes16 b) => new(Vector512.MaxNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Abs(Lanes16 a) => new(Vector512.Abs(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Sqrt(Lanes16 a) => new(Vector512.Sqrt(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Round(Lanes16 a) => new(Vector512.Round(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 PowerOfTwo(Lanes16 n) => new(((Vector512.ConvertToInt32Native(n._lanes) + Vector512.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Scale(Lanes16 a, Lanes16 n) => new(Avx512F.Scale(a._lanes, n._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 ScaleToNormal(Lanes16 a, Lanes16 n) => Scale(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 Exponent(Lanes16 a) => new(Vector512.ConvertToSingle((a._lanes.AsInt32() >> 23) - Vector512.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 WhereLess(Lanes16 a, Lanes16 b, Lanes16 yes, Lanes16 no) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a._lanes, b._lanes), yes._lanes, no._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16 WhereLessOrEqual(Lanes16 a, Lanes16 b, Lanes16 yes, Lanes16 no) =>
        new(Vector512.ConditionalSelect(Vector512.LessThanOrEqual(a._lanes, b._lanes), yes._lanes, no._lanes));
}
