using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <summary>One lane: tails, and processors without vector registers.</summary>
internal unsafe struct Lane : ILanes<Lane>
{
    private float _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lane(float value) => _value = value;

    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane LoadFirst(float* source, int count, float rest) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane LoadEven(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane LoadQuad(float* source) => throw new NotSupportedException();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane BroadcastOf(Lane quad, int i) => throw new NotSupportedException();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => *destination = _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Replace(Lane a, int lane, float value) => lane == 0 ? new(value) : a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Sum() => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Sums(Lane a, Lane b) => Vector128.Create((double)a._value, b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Largest() => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(Lane value) => _value == value._value ? 0 : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StoreIntegers(int* destination, int offset, int step) => *destination = offset + (int)_value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator +(Lane a, Lane b) => new(a._value + b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator -(Lane a, Lane b) => new(a._value - b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator *(Lane a, Lane b) => new(a._value * b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane operator /(Lane a, Lane b) => new(a._value / b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lane a, Lane b) => _value = float.MultiplyAddEstimate(a._value, b._value, _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(float* a, Lane b) => _value = float.MultiplyAddEstimate(*a, b._value, _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lane a, float* b) => _value = float.MultiplyAddEstimate(a._value, *b, _value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane MultiplyAdd(Lane a, Lane b, Lane c) => new(float.MultiplyAddEstimate(a._value, b._value, c._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Min(Lane a, Lane b) => new(a._value < b._value ? a._value : b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Max(Lane a, Lane b) => new(a._value > b._value ? a._value : b._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Abs(Lane a) => new(MathF.Abs(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Sqrt(Lane a) => new(MathF.Sqrt(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Round(Lane a) => new(MathF.Round(a._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane PowerOfTwo(Lane n) => new(BitConverter.Int32BitsToSingle(((int)n._value + 127) << 23));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Scale(Lane a, Lane n) => new(MathF.ScaleB(a._value, (int)n._value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Exponent(Lane a) => new((BitConverter.SingleToInt32Bits(a._value) >> 23) - 127);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane WhereLess(Lane a, Lane b, Lane yes, Lane no) => a._value < b._value ? yes : no;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane WhereLessOrEqual(Lane a, Lane b, Lane yes, Lane no) => a._value <= b._value ? yes : no;
}
