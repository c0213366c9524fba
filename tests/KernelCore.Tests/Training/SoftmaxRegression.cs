using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Training;

namespace KernelCore.Tests.Training;

/// <summary>Softmax regression trained in double with every loop written out: the truth for optimisers and epochs.</summary>
internal sealed class SoftmaxRegression(Dataset data, double[] weight, double[] bias)
{
    private readonly double[] _first = new double[weight.Length + bias.Length], _second = new double[weight.Length + bias.Length];
    private int _step;

    /// <summary>Weight, then bias.</summary>
    public double[] Parameters { get; } = [.. weight, .. bias];

    public void Fit(TrainingOptions options)
    {
        int[] order = [.. Enumerable.Range(0, data.Count)];
        int batches = (data.Count + options.BatchSize - 1) / options.BatchSize;
        for (int epoch = 1; epoch <= options.Epochs; epoch++)
        {
            Philox.Shuffle<int>(order, options.Seed, (ulong)epoch);
            for (int b = 0; b < batches; b++)
            {
                int[] ids = [.. order.Skip(b * options.BatchSize).Take(options.BatchSize)];
                double rate = options.Schedule.At(((epoch - 1) * batches) + b, epoch - 1, options.Epochs * batches);
                Update(Gradient(ids), rate, options.Optimizer);
            }
        }
    }

    private double[] Gradient(int[] ids)
    {
        int classes = data.ClassCount, width = data.SampleSize;
        var gradient = new double[Parameters.Length];
        foreach (int id in ids)
        {
            float[] x = data.Sample(id).ToArray();
            double[] exp = [.. Enumerable.Range(0, classes).Select(c => Math.Exp(Parameters[(classes * width) + c] + x.Select((v, d) => v * Parameters[(c * width) + d]).Sum()))];
            for (int c = 0; c < classes; c++)
            {
                double delta = ((exp[c] / exp.Sum()) - (c == data.Labels[id] ? 1 : 0)) / ids.Length;
                gradient[(classes * width) + c] += delta;
                for (int d = 0; d < width; d++)
                {
                    gradient[(c * width) + d] += delta * x[d];
                }
            }
        }

        return gradient;
    }

    private void Update(double[] gradient, double rate, OptimizerOptions optimizer)
    {
        _step++;
        for (int i = 0; i < gradient.Length; i++)
        {
            if (optimizer is SgdOptions sgd)
            {
                double g = gradient[i] + (sgd.WeightDecay * Parameters[i]);
                _first[i] = _step == 1 ? g : (sgd.Momentum * _first[i]) + g;
                Parameters[i] -= rate * (sgd.Nesterov ? g + (sgd.Momentum * _first[i]) : sgd.Momentum == 0 ? g : _first[i]);
            }
            else if (optimizer is AdamOptions adam)
            {
                Parameters[i] *= adam.Decoupled ? 1 - (rate * adam.WeightDecay) : 1;
                double g = gradient[i] + (adam.Decoupled ? 0 : adam.WeightDecay * Parameters[i]);
                _first[i] = (adam.Beta1 * _first[i]) + ((1 - adam.Beta1) * g);
                _second[i] = (adam.Beta2 * _second[i]) + ((1 - adam.Beta2) * g * g);
                double mean = _first[i] / (1 - Math.Pow(adam.Beta1, _step)), square = _second[i] / (1 - Math.Pow(adam.Beta2, _step));
                Parameters[i] -= rate * mean / (Math.Sqrt(square) + adam.Epsilon);
            }
        }
    }
}
