using System.Numerics;

namespace KernelCore.Kernels.Definitions;

/// <summary>Scalar definition of <see cref="ILossKernels.HeadScores(Tensor, IndexTensor, Tensor?, Tensor?, float, ScoreMode, Tensor)"/>.</summary>
/// <remarks>
/// The alignment score is Gradient-Weight Alignment (arXiv 2510.25480), EL2N is arXiv 2107.07075. Degenerate inputs: with
/// one class the loss and EL2N are 0 and the margin is infinite; in Exact mode an alignment whose denominator is 0 (no
/// weights, no input, one class) is 0, as the reference's additive epsilon makes it in Reference mode. A NaN among the
/// logits makes every quantity NaN but the input norm.
/// </remarks>
public static class HeadScores
{
    /// <summary>One sample: writes a value per <see cref="HeadQuantity"/>.</summary>
    /// <param name="logits">s, [classes].</param>
    /// <param name="label">y.</param>
    /// <param name="headInput">z, or empty for none.</param>
    /// <param name="bias">b, [classes], or empty for none.</param>
    /// <param name="weightNorm">||W||_F.</param>
    /// <param name="mode">Arithmetic of p - y.</param>
    /// <param name="result">[<see cref="ILossKernels.HeadQuantities"/>].</param>
    public static void Row<T>(
        ReadOnlySpan<T> logits, int label, ReadOnlySpan<T> headInput, ReadOnlySpan<T> bias, T weightNorm, ScoreMode mode, Span<T> result)
        where T : IFloatingPointIeee754<T>
    {
        T wrongMax = T.NegativeInfinity;
        int prediction = 0;
        for (int c = 0; c < logits.Length; c++)
        {
            wrongMax = c == label ? wrongMax : T.Max(wrongMax, logits[c]);
            prediction = logits[c] > logits[prediction] ? c : prediction;
        }

        T margin = logits[label] - wrongMax, max = T.Max(logits[label], wrongMax);
        T own = T.Exp(logits[label] - max), rest = T.Zero;
        for (int c = 0; c < logits.Length; c++)
        {
            rest += c == label ? T.Zero : T.Exp(logits[c] - max);
        }

        T total = own + rest;
        T loss = margin > T.Zero ? Elementary.LogOnePlus(rest) : T.Log(total) - (logits[label] - max);
        T entropy = own / total * loss;
        for (int c = 0; c < logits.Length; c++)
        {
            T p = T.Exp(logits[c] - max) / total;
            entropy += c == label || p == T.Zero ? T.Zero : p * (T.Log(total) - (logits[c] - max));
        }

        T norm = Norm(headInput), dot, error;
        Span<T> difference = new T[logits.Length];
        if (mode == ScoreMode.Reference)
        {
            for (int c = 0; c < logits.Length; c++)
            {
                float p = float.CreateChecked(T.Exp(logits[c] - max)) / float.CreateChecked(total);
                difference[c] = T.CreateChecked(c == label ? p - 1 : p);
            }

            dot = AlignmentDot(difference, logits, bias, label, relative: false);
            error = Norm<T>(difference);
            result[(int)HeadQuantity.Gwa] = -dot / ((norm * error * weightNorm) + T.CreateChecked(1e-12));
        }
        else
        {
            // q, proportional to p - y, with its largest wrong component 1.
            T sum = T.Zero;
            for (int c = 0; c < logits.Length; c++)
            {
                difference[c] = c == label ? T.Zero : T.Exp(logits[c] - wrongMax);
                sum += difference[c];
            }

            difference[label] = -sum;

            dot = AlignmentDot(difference, logits, bias, label, relative: true);
            T scale = norm * Norm<T>(difference) * weightNorm;
            error = logits.Length == 1 ? T.Zero : Norm<T>(difference) * T.Exp(wrongMax - max) / total;
            result[(int)HeadQuantity.Gwa] = scale == T.Zero ? T.Zero * dot : -dot / scale;
        }

        bool undefined = T.IsNaN(total);
        result[(int)HeadQuantity.Loss] = loss;
        result[(int)HeadQuantity.El2n] = error;
        result[(int)HeadQuantity.InputNorm] = norm;
        result[(int)HeadQuantity.Gwa] = headInput.IsEmpty ? T.NaN : result[(int)HeadQuantity.Gwa];
        result[(int)HeadQuantity.Margin] = margin;
        result[(int)HeadQuantity.Entropy] = entropy;
        result[(int)HeadQuantity.Confidence] = own / total;
        result[(int)HeadQuantity.Prediction] = undefined ? T.NaN : T.CreateChecked(prediction);
    }

    /// <summary>d . (s - b); relative to the label's component when the d sum to 0, which spares cancellation.</summary>
    private static T AlignmentDot<T>(ReadOnlySpan<T> difference, ReadOnlySpan<T> logits, ReadOnlySpan<T> bias, int label, bool relative)
        where T : IFloatingPointIeee754<T>
    {
        T origin = relative ? logits[label] - (bias.IsEmpty ? T.Zero : bias[label]) : T.Zero, sum = T.Zero;
        for (int c = 0; c < logits.Length; c++)
        {
            T output = logits[c] - (bias.IsEmpty ? T.Zero : bias[c]);
            sum += difference[c] == T.Zero ? T.Zero : difference[c] * (output - origin);
        }

        return sum;
    }

    private static T Norm<T>(ReadOnlySpan<T> x)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        foreach (T value in x)
        {
            sum += value * value;
        }

        return T.Sqrt(sum);
    }
}
