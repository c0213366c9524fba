using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>Softmax regression at some weights: predictions, loss and gradient, in double.</summary>
internal sealed class ProbePoint
{
    private readonly ProbeInputs _inputs;

    /// <param name="inputs">Samples.</param>
    /// <param name="weights">[C, W], taken over.</param>
    public ProbePoint(ProbeInputs inputs, double[] weights)
    {
        (_inputs, Weights) = (inputs, weights);
        int classes = inputs.Classes;
        Logits = new double[inputs.Count * classes];
        Probabilities = new double[Logits.Length];
        Cotangents = new double[Logits.Length];
        for (int i = 0; i < inputs.Count; i++)
        {
            Span<double> logits = Logits.AsSpan(i * classes, classes);
            for (int c = 0; c < classes; c++)
            {
                logits[c] = TensorPrimitives.Dot(inputs.Row(i), weights.AsSpan(c * inputs.Width, inputs.Width));
            }

            Loss += CrossEntropy(logits, inputs.Data.Labels[i], Probabilities.AsSpan(i * classes, classes), Cotangents.AsSpan(i * classes, classes));
        }
    }

    /// <summary>[C, W].</summary>
    public double[] Weights { get; }

    /// <summary>s, [N, C].</summary>
    public double[] Logits { get; }

    /// <summary>p = softmax(s), [N, C].</summary>
    public double[] Probabilities { get; }

    /// <summary>p - y, [N, C]; the label's entry is minus the sum of the others, so it does not cancel.</summary>
    public double[] Cotangents { get; }

    /// <summary>Sum of the samples' losses.</summary>
    public double Loss { get; }

    /// <summary>sum_i (p_i - y_i) z_i^T + penalty weights, [C, W].</summary>
    public double[] Gradient(double penalty)
    {
        var gradient = new double[Weights.Length];
        TensorPrimitives.Multiply(Weights, penalty, gradient);
        for (int i = 0; i < _inputs.Count; i++)
        {
            for (int c = 0; c < _inputs.Classes; c++)
            {
                Span<double> row = gradient.AsSpan(c * _inputs.Width, _inputs.Width);
                TensorPrimitives.MultiplyAdd(_inputs.Row(i), Cotangents[(i * _inputs.Classes) + c], row, row);
            }
        }

        return gradient;
    }

    /// <summary>A float32 copy of [N, C] values on the device.</summary>
    public Tensor Upload(double[] values) => _inputs.Device.Allocate([_inputs.Count, _inputs.Classes], Array.ConvertAll(values, v => (float)v));

    /// <summary>-log p_label, p and p - y of one sample.</summary>
    public static double CrossEntropy(ReadOnlySpan<double> logits, int label, Span<double> probabilities, Span<double> cotangent)
    {
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), probabilities);
        TensorPrimitives.Exp(probabilities, probabilities);
        double others = TensorPrimitives.Sum<double>(probabilities[..label]) + TensorPrimitives.Sum<double>(probabilities[(label + 1)..]);
        double total = others + probabilities[label], loss = Math.Log(total) - (logits[label] - TensorPrimitives.Max(logits));
        TensorPrimitives.Divide(probabilities, total, probabilities);
        probabilities.CopyTo(cotangent);
        cotangent[label] = -others / total;
        return loss;
    }
}
