using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// Sums over the classes c other than the label y with q_c = exp(s_c - m), m the largest of their logits. Together with
/// q_y = -sum q they are proportional to p - y, but nothing in them cancels or overflows, whatever the margin.
/// </summary>
internal readonly unsafe struct WrongClasses
{
    /// <summary>m; minus infinity when there is no other class.</summary>
    public float Max { get; private init; }

    /// <summary>sum of q_c.</summary>
    public double Total { get; private init; }

    /// <summary>||q||, the label's component included.</summary>
    public double Norm { get; private init; }

    /// <summary>sum of q_c (m - s_c), not negative.</summary>
    public double Gap { get; private init; }

    /// <summary>q . (s - b) = sum of q_c ((s_c - b_c) - (s_y - b_y)).</summary>
    public double Dot { get; private init; }

    /// <summary>One sample's sums, in double.</summary>
    /// <param name="logits">s, [classes].</param>
    /// <param name="bias">b, [classes] or null.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="label">y.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static WrongClasses Sum(float* logits, float* bias, int classes, int label)
    {
        float below = RowMath.Max(logits, label), above = RowMath.Max(logits + label + 1, classes - label - 1);
        float max = below > above ? below : above;
        double own = (double)logits[label] - (bias == null ? 0 : bias[label]);

        // The classes below the label and those above it: full registers first, then the remaining classes one by one.
        int lanes = DoubleLanes.Count, firstTail = label - (label % lanes), secondTail = classes - ((classes - label - 1) % lanes);
        var wide = new Sums<DoubleLanes>(logits, bias, max, own);
        wide.Add(0, firstTail);
        wide.Add(label + 1, secondTail);
        var single = new Sums<DoubleLane>(logits, bias, max, own);
        single.Add(firstTail, label);
        single.Add(secondTail, classes);

        double total = wide.Total.Sum() + single.Total.Sum(), squares = wide.Squares.Sum() + single.Squares.Sum();
        return new WrongClasses
        {
            Max = max,
            Total = total,
            Norm = Math.Sqrt(squares + (total * total)),
            Gap = wide.Gap.Sum() + single.Gap.Sum(),
            Dot = wide.Dot.Sum() + single.Dot.Sum(),
        };
    }

    private struct Sums<TLanes>(float* logits, float* bias, float max, double own)
        where TLanes : struct, IDoubleLanes<TLanes>
    {
        public TLanes Total, Squares, Gap, Dot;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int first, int end)
        {
            TLanes total = Total, squares = Squares, gap = Gap, dot = Dot;
            TLanes highest = TLanes.Broadcast(max), shift = TLanes.Broadcast(own);
            for (int c = first; c < end; c += TLanes.Count)
            {
                TLanes logit = TLanes.Load(logits + c), below = highest - logit;
                TLanes q = TLanes.Exp(logit - highest);
                TLanes alignment = (bias == null ? logit : logit - TLanes.Load(bias + c)) - shift;
                total += q;
                squares += q * q;
                gap += TLanes.ProductOrZero(q, below);
                dot += TLanes.ProductOrZero(q, alignment);
            }

            (Total, Squares, Gap, Dot) = (total, squares, gap, dot);
        }
    }
}
