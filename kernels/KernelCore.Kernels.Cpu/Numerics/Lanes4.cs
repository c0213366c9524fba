using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <summary>Four lanes: SSE, NEON, WebAssembly.</summary>
internal unsafe struct Lanes4 : ILanes<Lanes4>
{
    private Vector128<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Lanes4(Vector128<float> lanes) => _lanes = lanes;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadFirst(float* source, int count, float rest) =>
        new(Vector128.Create(source[0], count > 1 ? source[1] : rest, count > 2 ? source[2] : rest, rest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadEven(float* source) => new(Vector128.ConditionalSelect(
        Vector128.Create(-1, -1, 0, 0).AsSingle(),
        Vector128.Shuffle(Vector128.Load(source), Vector128.Create(0, 2, 0, 0)),
        Vector128.Shuffle(Vector128.Load(source + Count - 1), Vector128.Create(0, 0, 1, 3))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 LoadQuad(float* source) => Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 BroadcastOf(Lanes4 quad, int i) => new(i switch
    {
        0 => Vector128.Shuffle(quad._lanes, Vector128.Create(0)),
        1 => Vector128.Shuffle(quad._lanes, Vector128.Create(1)),
        2 => Vector128.Shuffle(quad._lanes, Vector128.Create(2)),
        _ => Vector128.Shuffle(quad._lanes, Vector128.Create(3)),
    });

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Replace(Lanes4 a, int lane, float value) => new(Vector128.ConditionalSelect(
        Vector128.Equals(Vector128<int>.Indices, Vector128.Create(lane)).AsSingle(), Vector128.Create(value), a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => Vector128.Sum(_lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Sums(Lanes4 a, Lanes4 b) => Vector128.Create((double)a.Sum(), b.Sum());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Largest()
    {
        Vector128<float> pairs = Vector128.MaxNative(_lanes, Vector128.Shuffle(_lanes, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(pairs, Vector128.Shuffle(pairs, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(Lanes4 value) => BitOperations.TrailingZeroCount(Vector128.Equals(_lanes, value._lanes).ExtractMostSignificantBits() | (1u << 4));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreIntegers(int* destination, int offset, int step) =>
        (Vector128.ConvertToInt32Native(_lanes) + Vector128.Create(offset) + (Vector128<int>.Indices * step)).Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator +(Lanes4 a, Lanes4 b) => new(a._lanes + b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 a, Lanes4 b) => new(a._lanes - b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator *(Lanes4 a, Lanes4 b) => new(a._lanes * b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator /(Lanes4 a, Lanes4 b) => new(a._lanes / b._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes4 a, Lanes4 b) => _lanes = Vector128.MultiplyAddEstimate(a._lanes, b._lanes, _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(float* a, Lanes4 b) => _lanes = Vector128.MultiplyAddEstimate(Vector128.Create(*a), b._lanes, _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes4 a, float* b) => _lanes = Vector128.MultiplyAddEstimate(a._lanes, Vector128.Load(b), _lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 MultiplyAdd(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector128.MultiplyAddEstimate(a._lanes, b._lanes, c._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Min(Lanes4 a, Lanes4 b) => new(Vector128.MinNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Max(Lanes4 a, Lanes4 b) => new(Vector128.MaxNative(a._lanes, b._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Abs(Lanes4 a) => new(Vector128.Abs(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Sqrt(Lanes4 a) => new(Vector128.Sqrt(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Round(Lanes4 a) => new(Vector128.Round(a._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 PowerOfTwo(Lanes4 n) => new(((Vector128.ConvertToInt32Native(n._lanes) + Vector128.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Scale(Lanes4 a, Lanes4 n) => RealMath.ScaleInTwoSteps(a, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Exponent(Lanes4 a) => new(Vector128.ConvertToSingle((a._lanes.AsInt32() >> 23) - Vector128.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 WhereLess(Lanes4 a, Lanes4 b, Lanes4 yes, Lanes4 no) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(a._lanes, b._lanes), yes._lanes, no._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 WhereLessOrEqual(Lanes4 a, Lanes4 b, Lanes4 yes, Lanes4 no) =>
        new(Vector128.ConditionalSelect(Vector128.LessThanOrEqual(a._lanes, b._lanes), yes._lanes, no._lanes));
}
