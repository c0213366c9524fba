using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The float32 number of one thread. Multiply-adds are fused only where the device's compiler does so.</summary>
internal readonly struct Real : IWord<Real>
{
    // Adding and subtracting 1.5 x 2^23 rounds to an integer, ties to even: what the rounding mode of the hardware does.
    private const float Rounder = 12582912f;
    private const int RounderBits = 0x4B400000;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Real(float value) => Value = value;

    public float Value { get; }

    public static int Shift => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Load(ArrayView<float> view, int i) => new(view[i]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<float> view, int i, Real word) => view[i] = word.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Operands<Real> Apply<TPass>(ref TPass pass, int column, Operands<Real> words)
        where TPass : struct, IRowMap
    {
        Operands<float> x = pass.Take(column, new(words.A.Value, words.B.Value, words.C.Value, words.D.Value));
        return new(new(x.A), new(x.B), new(x.C), new(x.D));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real operator +(Real a, Real b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real operator -(Real a, Real b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real operator *(Real a, Real b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real operator /(Real a, Real b) => new(a.Value / b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real MultiplyAdd(Real a, Real b, Real c) => new((a.Value * b.Value) + c.Value);

    // ILGPU exchanges the sides of a comparison whose left one is constant, and then answers the other way where the right one is NaN.
    // Constants come first here, so that NaN stays, and second in WhereLess and WhereLessOrEqual.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Min(Real a, Real b) => new(b.Value > a.Value ? a.Value : b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Max(Real a, Real b) => new(b.Value < a.Value ? a.Value : b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Abs(Real a) => new(IntrinsicMath.Abs(a.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Sqrt(Real a) => new(MathF.Sqrt(a.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Round(Real a) => new((a.Value + Rounder) - Rounder);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real PowerOfTwo(Real n) => new(Interop.IntAsFloat((uint)((int)n.Value + 127) << 23));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Scale(Real a, Real n)
    {
        // RealMath.ScaleInTwoSteps in integers: conversions are slow.
        int whole = (int)Interop.FloatAsInt(n.Value + Rounder) - RounderBits, half = whole >> 1;
        return new(a.Value * Interop.IntAsFloat((uint)(half + 127) << 23) * Interop.IntAsFloat((uint)(whole - half + 127) << 23));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real Exponent(Real a) => new((int)(Interop.FloatAsInt(a.Value) >> 23) - 127);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real WhereLess(Real a, Real b, Real yes, Real no) => a.Value < b.Value ? yes : no;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Real WhereLessOrEqual(Real a, Real b, Real yes, Real no) => a.Value <= b.Value ? yes : no;
}
