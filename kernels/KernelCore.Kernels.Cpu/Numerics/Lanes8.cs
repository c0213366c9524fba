using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KernelCore.Kernels.Cpu;

/// <summary>Eight lanes: AVX2.</summary>
internal unsafe struct Lanes8 : ILanes<Lanes8>
{
    private Vector256<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes8(Vector256<float> lanes) => _lanes = lanes;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LoadFirst(float* source, int count, float rest)
    {
        Vector256<float> first = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
        return new(Vector256.ConditionalSelect(first, Avx.MaskLoad(source, first), Vector256.Create(rest)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LoadEven(float* source) => new(Vector256.Create(
        Vector256.Shuffle(Vector256.Load(source), Vector256.Create(0, 2, 4, 6, 0, 0, 0, 0)).GetLower(),
        Vector256.Shuffle(Vector256.Load(source + Count - 1), Vector256.Create(1, 3, 5, 7, 0, 0, 0, 0)).GetLower()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 LoadQuad(float* source) => new(Avx.BroadcastVector128ToVector256(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 BroadcastOf(Lanes8 quad, int i) => new(i switch
    {
        0 => Avx.Permute(quad._lanes, 0b00_00_00_00),
        1 => Avx.Permute(quad._lanes, 0b01_01_01_01),
        2 => Avx.Permute(quad._lanes, 0b10_10_10_10),
        _ => Avx.Permute(quad._lanes, 0b11_11_11_11),
    });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Replace(Lanes8 a, int lane, float value) => new(Vector256.ConditionalSelect(
        Vector256.Equals(Vector256<int>.Indices, Vector256.Create(lane)).AsSingle(), Vector256.Create(value), a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector256.Sum(_lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Sums(Lanes8 a, Lanes8 b) => AlternateSums(Avx.UnpackLow(a._lanes, b._lanes) + Avx.UnpackHigh(a._lanes, b._lanes));

    /// <summary>The sum of the even lanes and that of the odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> AlternateSums(Vector256<float> lanes)
    {
        Vector128<float> half = lanes.GetLower() + lanes.GetUpper();
        return Vector128.WidenLower(half) + Vector128.WidenUpper(half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Largest() => new Lanes4(Vector128.MaxNative(_lanes.GetLower(), _lanes.GetUpper())).Largest();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(Lanes8 value) => BitOperations.TrailingZeroCount(Vector256.Equals(_lanes, value._lanes).ExtractMostSignificantBits() | (1u << 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreIntegers(int* destination, int offset, int step) =>
        (Vector256.ConvertToInt32Native(_lanes) + Vector256.Create(offset) + (Vector256<int>.Indices * step)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator +(Lanes8 a, Lanes8 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator -(Lanes8 a, Lanes8 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator *(Lanes8 a, Lanes8 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 operator /(Lanes8 a, Lanes8 b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes8 a, Lanes8 b) => _lanes = Vector256.MultiplyAddEstimate(a._lanes, b._lanes, _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(float* a, Lanes8 b) => _lanes = Vector256.MultiplyAddEstimate(Vector256.Create(*a), b._lanes, _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes8 a, float* b) => _lanes = Vector256.MultiplyAddEstimate(a._lanes, Vector256.Load(b), _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 MultiplyAdd(Lanes8 a, Lanes8 b, Lanes8 c) => new(Vector256.MultiplyAddEstimate(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Min(Lanes8 a, Lanes8 b) => new(Vector256.MinNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Max(Lanes8 a, Lanes8 b) => new(Vector256.MaxNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Abs(Lanes8 a) => new(Vector256.Abs(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Sqrt(Lanes8 a) => new(Vector256.Sqrt(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Round(Lanes8 a) => new(Vector256.Round(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 PowerOfTwo(Lanes8 n) => new(((Vector256.ConvertToInt32Native(n._lanes) + Vector256.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Scale(Lanes8 a, Lanes8 n) => RealMath.ScaleInTwoSteps(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 Exponent(Lanes8 a) => new(Vector256.ConvertToSingle((a._lanes.AsInt32() >> 23) - Vector256.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 WhereLess(Lanes8 a, Lanes8 b, Lanes8 yes, Lanes8 no) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a._lanes, b._lanes), yes._lanes, no._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes8 WhereLessOrEqual(Lanes8 a, Lanes8 b, Lanes8 yes, Lanes8 no) =>
        new(Vector256.ConditionalSelect(Vector256.LessThanOrEqual(a._lanes, b._lanes), yes._lanes, no._lanes));
}
