using System.Collections.Immutable;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Influence;

/// <summary>Small random data and networks, and their per-sample gradients in double as the oracle.</summary>
internal static class Samples
{
    /// <summary>Tests that share a device run one after the other: a device serves one thread at a time.</summary>
    public const string Collection = "influence";

    public static CpuDevice Device { get; } = new(2);

    public static Dataset Random(int count, Shape shape, int classes, ulong seed)
    {
        ImmutableArray<float> features = [.. Enumerable.Range(0, count * (int)shape.Count).Select(i => Philox.Normal(seed, 0, (ulong)i))];
        ImmutableArray<int> labels = [.. Enumerable.Range(0, count).Select(i => Philox.Integer(seed, 1, (ulong)i, classes))];
        return new Dataset("random", shape, features, labels, Dataset.NumberedClasses(classes));
    }

    public static Network Mlp(Device? device = null, ulong seed = 1) => new(
        device ?? Device, [new Linear(7, 9), new Tanh(), new Linear(9, 6, Bias: false), new ReLU(), new Linear(6, 4)], seed);

    public static Network Cnn(Device? device = null) => new(
        device ?? Device,
        [
            new Conv2d(2, 6, 3, Padding: 1), new Tanh(), new Conv2d(6, 4, 3, Groups: 2), new GroupNorm(2, 4), new ReLU(), new Flatten(),
            new Linear(4 * 4 * 4, 3),
        ],
        seed: 2);

    /// <summary>Every gradient as one vector, parameters in the order of the layout.</summary>
    public static double[][] Gradients(IModel model, Dataset data, Loss? loss = null)
    {
        using Batch batch = Batch(model, data);
        using var engine = new PerSampleEngine(model, new GradientQuery { Materialise = true });
        GradientResult result = engine.Evaluate(batch, loss ?? Loss.CrossEntropy);
        float[][] parts = [.. result.Gradients!.Select(g => g.ToArray())];
        return [.. Enumerable.Range(0, data.Count).Select(i => parts
            .SelectMany(p => p.AsSpan(i * (p.Length / data.Count), p.Length / data.Count).ToArray())
            .Select(v => (double)v).ToArray())];
    }

    /// <summary>All samples as one batch; the caller disposes it.</summary>
    public static Batch Batch(IModel model, Dataset data) => new()
    {
        Features = model.Device.Allocate(data.SampleShape.Prepend(data.Count), data.Features.AsSpan()),
        Labels = model.Device.AllocateIndices([data.Count], data.Labels.AsSpan()),
    };

    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    public static double Norm(double[] a) => Math.Sqrt(Dot(a, a));
}
