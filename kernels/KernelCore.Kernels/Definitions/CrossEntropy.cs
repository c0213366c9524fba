using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILossKernels.CrossEntropy(Tensor, Tensor, float, Tensor, Tensor)"/>; hard labels are one-hot targets.</summary>
public static class CrossEntropy
{
    /// <summary>One sample: returns -sum_c y_c log p_c and writes the cotangent scale (p sum_c y_c - y).</summary>
    public static T Row<T>(ReadOnlySpan<T> logits, ReadOnlySpan<T> targets, T scale, Span<T> cotangent)
        where T : IFloatingPointIeee754<T>
    {
        T max = T.NegativeInfinity, total = T.Zero, mass = T.Zero, loss = T.Zero;
        foreach (T logit in logits)
        {
            max = T.Max(max, logit);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            total += T.Exp(logits[c] - max);
            mass += targets[c];
        }

        T logTotal = max + T.Log(total);
        for (int c = 0; c < logits.Length; c++)
        {
            loss += targets[c] == T.Zero ? T.Zero : targets[c] * (logTotal - logits[c]);
            cotangent[c] = scale * ((T.Exp(logits[c] - max) / total * mass) - targets[c]);
        }

        return T.IsNaN(total) ? T.NaN : loss;
    }
}
