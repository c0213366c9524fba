using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KernelCore.Kernels.Cpu;

/// <summary>Operations on one row that stays in the first-level cache.</summary>
internal static unsafe class RowMath
{
    /// <summary>The largest element; minus infinity for none. A NaN is skipped or returned, whichever comes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(float* x, int count)
    {
        int i = 0;
        float max = float.NegativeInfinity;
        if (Vector512.IsHardwareAccelerated)
        {
            max = Max<Lanes16>(x, count, ref i, max);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            max = Max<Lanes8>(x, count, ref i, max);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            max = Max<Lanes4>(x, count, ref i, max);
        }

        return Max<Lane>(x, count, ref i, max);
    }

    /// <summary>y_i = e^(x_i - shift). Works in place.</summary>
    public static void Exp(float* x, float shift, float* y, int count) => Elementwise.Run(0, count, new ShiftedExp { X = x, Y = y, Shift = shift });

    /// <summary>x = factor x.</summary>
    public static void Scale(float* x, float factor, int count) => Elementwise.Run(0, count, new Scaling { X = x, Factor = factor });

    private static float Max<TLanes>(float* x, int count, ref int i, float max)
        where TLanes : struct, ILanes<TLanes>
    {
        if (count - i < TLanes.Count)
        {
            return max;
        }

        TLanes m = TLanes.Broadcast(max);
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            m = TLanes.Max(m, TLanes.Load(x + i));
        }

        return m.Largest();
    }

    private struct ShiftedExp : IElementwise
    {
        public float* X, Y;
        public float Shift;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => RealMath.Exp(TLanes.Load(X + i) - TLanes.Broadcast(Shift)).Store(Y + i);
    }
}

/// <summary>x_i = factor x_i.</summary>
internal unsafe struct Scaling : IElementwise
{
    public float* X;
    public float Factor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Apply<TLanes>(nint i)
        where TLanes : struct, ILanes<TLanes> => (TLanes.Load(X + i) * TLanes.Broadcast(Factor)).Store(X + i);
}
