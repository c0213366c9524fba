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
    public static WrongClasses Sum<TWarp>(ArrayView<float> logits, ArrayView<float> bias, int start, int classes, int label)
        where TWarp : struct, IWarp
    {
        var sums = new WrongClasses { Max = new LogitRow(logits, start, classes).MaxWithout<TWarp>(label) };
        double own = (double)logits[start + label] - (bias.Length == 0 ? 0 : bias[label]);
        for (int c = TWarp.Lane; c < classes; c += TWarp.Width)
        {
            double logit = logits[start + c], q = c == label ? 0 : DoubleMath.Exp(logit - sums.Max);
            double output = bias.Length == 0 ? logit : logit - bias[c];
            sums.Total += q;
            sums.Squares += q * q;
            sums.Gap += q == 0 ? 0 : q * (sums.Max - logit);
            sums.Dot += q == 0 ? 0 : q * (output - own);
        }

        sums.Total = TWarp.Sum(sums.Total);
        sums.Squares = TWarp.Sum(sums.Squares);
        sums.Gap = TWarp.Sum(sums.Gap);
        sums.Dot = TWarp.Sum(sums.Dot);
        return sums;
    }
}
