using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.LeaveOneOut;

/// <summary>Gradient descent on all samples at once; the defaults are those of the linear probes of arXiv 2505.15303.</summary>
public sealed record DescentOptions
{
    /// <summary>Steps, each on all samples.</summary>
    public int Epochs { get; init; } = 1000;

    /// <summary>Learning rate, for the mean loss.</summary>
    public double LearningRate { get; init; } = 0.004;

    /// <summary>Decay of the velocity.</summary>
    public float Momentum { get; init; } = 0.9f;

    /// <summary>Look ahead along the velocity.</summary>
    public bool Nesterov { get; init; } = true;

    /// <summary>L2 penalty beside the mean loss.</summary>
    public float WeightDecay { get; init; } = 1e-4f;

    /// <summary>Seed of a probe's initial weights, the same with and without a sample. Networks bring their own weights.</summary>
    public ulong Seed { get; init; } = 5;

    /// <summary>Step number t, from 0.</summary>
    internal SgdStep Step(int t) => new((float)LearningRate, Momentum, WeightDecay, Nesterov, First: t == 0);

    /// <summary>The same for an optimiser that passes over frozen parameters.</summary>
    internal SgdOptions Optimizer => new() { Momentum = Momentum, Nesterov = Nesterov, WeightDecay = WeightDecay };

    /// <summary>Initial weights [classes, width], the bias last: those of a PyTorch Linear layer.</summary>
    internal float[] InitialWeights(Device device, int classes, int width)
    {
        using var layer = new Network(device, [new Linear(width - 1, classes)], Seed);
        float[] weight = layer.Parameters[0].ToArray(), bias = layer.Parameters[1].ToArray(), all = new float[classes * width];
        for (int c = 0; c < classes; c++)
        {
            weight.AsSpan(c * (width - 1), width - 1).CopyTo(all.AsSpan(c * width));
            all[((c + 1) * width) - 1] = bias[c];
        }

        return all;
    }

    internal void Validate()
    {
        if (Epochs < 1 || !(LearningRate > 0) || !double.IsFinite(LearningRate))
        {
            throw new KernelCoreException($"gradient descent takes at least one epoch and a positive learning rate, got {Epochs} and {LearningRate}");
        }
    }
}
