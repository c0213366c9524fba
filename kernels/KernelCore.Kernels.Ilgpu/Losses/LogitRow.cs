using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>The logits of one sample, reduced by the threads of a warp.</summary>
internal static class LogitRow
{
    /// <summary>e^(logit - max) for a logit of at most max.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float logit, float max) => RealMath.ExpInRange(Real.Max(new Real(RealMath.ExpLowest), new Real(logit - max))).Value;

    /// <summary>The largest logit; NaN if any is NaN, minus infinity without logits.</summary>
    public static float Max<TWarp>(RowWalk<TWarp> walk, ArrayView<float> logits)
        where TWarp : struct, IWarp => TWarp.Max(walk.Sum(new Maximum { Logits = logits, Max = float.NegativeInfinity }).Max);

    /// <summary>The largest logit other than that of a class.</summary>
    public static float MaxWithout<TWarp>(RowWalk<TWarp> walk, ArrayView<float> logits, int left)
        where TWarp : struct, IWarp =>
        TWarp.Max(walk.Sum(new MaximumOfOthers { All = new() { Logits = logits, Max = float.NegativeInfinity }, Left = left }).All.Max);

    /// <summary>The first class with a logit; 0 when there is none.</summary>
    public static int IndexOf<TWarp>(RowWalk<TWarp> walk, ArrayView<float> logits, float value)
        where TWarp : struct, IWarp
    {
        int first = TWarp.Min(walk.Sum(new Search { Logits = logits, Value = value, First = int.MaxValue }).First);
        return first == int.MaxValue ? 0 : first;
    }

    private struct Maximum : IRowSum
    {
        public ArrayView<float> Logits;
        public float Max;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x) => Max = Comparison.Larger(x.A, Max);
    }

    private struct MaximumOfOthers : IRowSum
    {
        public Maximum All;
        public int Left;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => All.Load<TWord>(at, column);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x) => All.Take(column, new(column == Left ? float.NegativeInfinity : x.A));
    }

    private struct Search : IRowSum
    {
        public ArrayView<float> Logits;
        public float Value;
        public int First;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x) => First = x.A == Value ? IntrinsicMath.Min(First, column) : First;
    }
}
