using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Four floats of one thread: one word of 16 bytes in memory, which must be aligned to as many. Lane by lane as <see cref="Real"/>.</summary>
internal readonly struct Real4 : IWord<Real4>
{
    private readonly Real _x, _y, _z, _w;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real4(float x, float y, float z, float w) => (_x, _y, _z, _w) = (new(x), new(y), new(z), new(w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Real4(Real x, Real y, Real z, Real w) => (_x, _y, _z, _w) = (x, y, z, w);

    public float X => _x.Value;

    public float Y => _y.Value;

    public float Z => _z.Value;

    public float W => _w.Value;

    public static int Shift => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Load(ArrayView<float> view, int i)
    {
        Float4 word = view.Cast<Float4>()[i];
        return new(word.X, word.Y, word.Z, word.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> view, int i, Real4 word) =>
        view.Cast<Float4>()[i] = new() { X = word.X, Y = word.Y, Z = word.Z, W = word.W };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Operands<Real4> Apply<TPass>(ref TPass pass, int column, Operands<Real4> words)
        where TPass : struct, IRowMap
    {
        Operands<float> x = pass.Take(column, new(words.A.X, words.B.X, words.C.X, words.D.X));
        Operands<float> y = pass.Take(column + 1, new(words.A.Y, words.B.Y, words.C.Y, words.D.Y));
        Operands<float> z = pass.Take(column + 2, new(words.A.Z, words.B.Z, words.C.Z, words.D.Z));
        Operands<float> w = pass.Take(column + 3, new(words.A.W, words.B.W, words.C.W, words.D.W));
        return new(new(x.A, y.A, z.A, w.A), new(x.B, y.B, z.B, w.B), new(x.C, y.C, z.C, w.C), new(x.D, y.D, z.D, w.D));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Broadcast(float value) => new(value, value, value, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 operator +(Real4 a, Real4 b) => new(a._x + b._x, a._y + b._y, a._z + b._z, a._w + b._w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 operator -(Real4 a, Real4 b) => new(a._x - b._x, a._y - b._y, a._z - b._z, a._w - b._w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 operator *(Real4 a, Real4 b) => new(a._x * b._x, a._y * b._y, a._z * b._z, a._w * b._w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 operator /(Real4 a, Real4 b) => new(a._x / b._x, a._y / b._y, a._z / b._z, a._w / b._w);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 MultiplyAdd(Real4 a, Real4 b, Real4 c) =>
        new(Real.MultiplyAdd(a._x, b._x, c._x), Real.MultiplyAdd(a._y, b._y, c._y), Real.MultiplyAdd(a._z, b._z, c._z), Real.MultiplyAdd(a._w, b._w, c._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Min(Real4 a, Real4 b) => new(Real.Min(a._x, b._x), Real.Min(a._y, b._y), Real.Min(a._z, b._z), Real.Min(a._w, b._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Max(Real4 a, Real4 b) => new(Real.Max(a._x, b._x), Real.Max(a._y, b._y), Real.Max(a._z, b._z), Real.Max(a._w, b._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Abs(Real4 a) => new(Real.Abs(a._x), Real.Abs(a._y), Real.Abs(a._z), Real.Abs(a._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Sqrt(Real4 a) => new(Real.Sqrt(a._x), Real.Sqrt(a._y), Real.Sqrt(a._z), Real.Sqrt(a._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Round(Real4 a) => new(Real.Round(a._x), Real.Round(a._y), Real.Round(a._z), Real.Round(a._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 PowerOfTwo(Real4 n) => new(Real.PowerOfTwo(n._x), Real.PowerOfTwo(n._y), Real.PowerOfTwo(n._z), Real.PowerOfTwo(n._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Scale(Real4 a, Real4 n) => new(Real.Scale(a._x, n._x), Real.Scale(a._y, n._y), Real.Scale(a._z, n._z), Real.Scale(a._w, n._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 Exponent(Real4 a) => new(Real.Exponent(a._x), Real.Exponent(a._y), Real.Exponent(a._z), Real.Exponent(a._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 WhereLess(Real4 a, Real4 b, Real4 yes, Real4 no) => new(
        Real.WhereLess(a._x, b._x, yes._x, no._x), Real.WhereLess(a._y, b._y, yes._y, no._y),
        Real.WhereLess(a._z, b._z, yes._z, no._z), Real.WhereLess(a._w, b._w, yes._w, no._w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real4 WhereLessOrEqual(Real4 a, Real4 b, Real4 yes, Real4 no) => new(
        Real.WhereLessOrEqual(a._x, b._x, yes._x, no._x), Real.WhereLessOrEqual(a._y, b._y, yes._y, no._y),
        Real.WhereLessOrEqual(a._z, b._z, yes._z, no._z), Real.WhereLessOrEqual(a._w, b._w, yes._w, no._w));
}
