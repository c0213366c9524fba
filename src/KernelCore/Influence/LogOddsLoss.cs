using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>The model output of TRAK, not a loss: f = s_y - logsumexp of the other logits = ln(p_y / (1 - p_y)).</summary>
/// <remarks>df/ds_y = 1 and df/ds_c = -softmax over the other classes; finite at any margin. In double, rounded once.</remarks>
internal sealed class LogOddsLoss : Loss
{
    public override string Name => "log-odds";

    public override void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent)
    {
        (float[] values, float[] slopes) = Evaluate(outputs, batch, scale);
        loss.CopyFrom(values);
        cotangent.CopyFrom(slopes);
    }

    /// <summary>With q the softmax over the other classes: -scale (q o r - q (q . r)), and nothing for the label.</summary>
    public override void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result)
    {
        float[] slopes = Evaluate(outputs, batch, 1).Slopes, tangent = r.ToArray();
        int classes = outputs.Shape[-1];
        for (int row = 0; row < slopes.Length; row += classes)
        {
            double mean = 0;
            for (int c = row; c < row + classes; c++)
            {
                // The slope is -q_c, and 1 at the label, which takes no part.
                slopes[c] = Math.Min(slopes[c], 0);
                mean -= (double)slopes[c] * tangent[c];
            }

            for (int c = row; c < row + classes; c++)
            {
                slopes[c] = (float)(scale * slopes[c] * (tangent[c] - mean));
            }
        }

        result.CopyFrom(slopes);
    }

    private static (float[] Values, float[] Slopes) Evaluate(Tensor outputs, Batch batch, float scale)
    {
        IndexTensor labels = batch.Labels ?? throw new KernelCoreException("the log-odds need labels, the batch has none");
        int classes = outputs.Shape[-1];
        if (classes < 2)
        {
            throw new KernelCoreException("the log-odds need at least two classes");
        }

        IndexGuard.Check(labels, classes, "label", "classes");
        float[] logits = outputs.ToArray(), values = new float[labels.Count], slopes = new float[logits.Length];
        int[] given = labels.ToArray();
        for (int i = 0; i < given.Length; i++)
        {
            values[i] = Evaluate(logits.AsSpan(i * classes, classes), given[i], scale, slopes.AsSpan(i * classes, classes));
        }

        return (values, slopes);
    }

    private static float Evaluate(ReadOnlySpan<float> logits, int label, float scale, Span<float> slopes)
    {
        double largest = double.NegativeInfinity, sum = 0;
        for (int c = 0; c < logits.Length; c++)
        {
            largest = c == label ? largest : Math.Max(largest, logits[c]);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            sum += c == label ? 0 : Math.Exp(logits[c] - largest);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            slopes[c] = scale * (float)(c == label ? 1 : -Math.Exp(logits[c] - largest) / sum);
        }

        return (float)(logits[label] - largest - Math.Log(sum));
    }
}
