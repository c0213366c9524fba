using System.Runtime.CompilerServices;
using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Sums over the classes c other than the label y with q_c = exp(s_c - m), m the largest of their logits. Together with
/// q_y = -sum q they are proportional to p - y, but nothing in them cancels or overflows, whatever the margin.
/// </summary>
internal struct WrongClasses
{
    /// <summary>m; minus infinity when there is no other class.</summary>
    public float Max;

    /// <summary>sum of q_c; the sum of their squares; sum of q_c (m - s_c); q . (s - b) = sum of q_c ((s_c - b_c) - (s_y - b_y)).</summary>
    public double Total, Squares, Gap, Dot;

    /// <summary>||q||, the label's component included.</summary>
    public readonly double Norm => Math.Sqrt(Squares + (Total * Total));

    /// <summary>One sample's sums, by all threads of a warp.</summary>
    public static WrongClasses Sum<TWarp>(RowWalk<TWarp> walk, ArrayView<float> logits, ArrayView<float> bias, float labelLogit, int label)
        where TWarp : struct, IWarp
    {
        float max = LogitRow.MaxWithout(walk, logits, label);
        double own = (double)labelLogit - (bias.Length == 0 ? 0 : bias[label]);
        WrongClasses sums = walk.Sum(new Pass { Logits = logits, Bias = bias, Label = label, Own = own, Sums = new() { Max = max } }).Sums;
        sums.Total = TWarp.Sum(sums.Total);
        sums.Squares = TWarp.Sum(sums.Squares);
        sums.Gap = TWarp.Sum(sums.Gap);
        sums.Dot = TWarp.Sum(sums.Dot);
        return sums;
    }

    private struct Pass : IRowSum
    {
        public ArrayView<float> Logits, Bias;
        public int Label;
        public double Own;
        public WrongClasses Sums;

        public static int Ahead => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly Operands<TWord> Load<TWord>(int at, int column)
            where TWord : struct, IWord<TWord> => new(TWord.Load(Logits, at), Bias.Length == 0 ? TWord.Broadcast(0) : TWord.Load(Bias, column));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take(int column, Operands<float> x)
        {
            // Everything is computed before it is asked for: that makes no branches, and the exponentials of neighbours share their constants.
            double gap = (double)Sums.Max - x.A, advantage = (double)x.A - x.B - Own, e = DoubleMath.ExpOfNegative(-gap), q = column == Label ? 0 : e;
            Sums.Total += q;
            Sums.Squares += q * q;

            // Where q is 0 its factors may be infinite.
            Sums.Gap += q * (q == 0 ? 0 : gap);
            Sums.Dot += q * (q == 0 ? 0 : advantage);
        }
    }
}
