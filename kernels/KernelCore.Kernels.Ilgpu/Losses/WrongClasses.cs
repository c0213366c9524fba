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
    public static WrongClasses Sum<TWarp>(ArrayView<float> logits, ArrayView<float> bias, RowLayout rows, int row, int label)
        where TWarp : struct, IWarp
    {
        var sums = new WrongClasses { Max = new LogitRow(logits, rows, row).MaxWithout<TWarp>(label) };
        double own = (double)logits[rows.Start(row) + label] - (bias.Length == 0 ? 0 : bias[label]);
        for (RowWalk at = rows.Walk<TWarp>(row); at.IsInRow; at = at.Next<TWarp>())
        {
            Real4 logit = at.Load(logits), b = bias.Length == 0 ? Real4.Broadcast(0) : at.LoadShared(bias);
            Double4 output = logit - (Double4)b;
            sums.Add(at.Has(0) & at.Column(0) != label, logit.X, output.X - own);
            sums.Add(at.Has(1) & at.Column(1) != label, logit.Y, output.Y - own);
            sums.Add(at.Has(2) & at.Column(2) != label, logit.Z, output.Z - own);
            sums.Add(at.Has(3) & at.Column(3) != label, logit.W, output.W - own);
        }

        sums.Total = TWarp.Sum(sums.Total);
        sums.Squares = TWarp.Sum(sums.Squares);
        sums.Gap = TWarp.Sum(sums.Gap);
        sums.Dot = TWarp.Sum(sums.Dot);
        return sums;
    }

    private void Add(bool isWrongClass, double logit, double advantage)
    {
        double q = isWrongClass ? DoubleMath.Exp(logit - Max) : 0;
        Total += q;
        Squares += q * q;
        Gap += q == 0 ? 0 : q * (Max - logit);
        Dot += q == 0 ? 0 : q * advantage;
    }
}
