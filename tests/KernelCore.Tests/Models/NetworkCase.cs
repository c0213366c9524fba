using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>A small network with the shape of its samples: enough to make weights and a batch for it.</summary>
/// <param name="Name">Shown in test names.</param>
/// <param name="Layers">The network.</param>
/// <param name="Sample">Extents of one sample.</param>
/// <param name="Vocabulary">Tokens are drawn below it; 0 for real-valued input.</param>
/// <param name="Loss">Cross-entropy when null.</param>
public sealed record NetworkCase(string Name, Layer[] Layers, int[] Sample, int Vocabulary = 0, Loss? Loss = null)
{
    public const ulong Seed = 7;

    internal Loss Objective => Loss ?? Loss.CrossEntropy;

    /// <summary>The network with weights away from the ones and zeros that layers start from, and lively running statistics.</summary>
    internal Network Build(Device device)
    {
        var network = new Network(device, Layers, Seed);
        for (int k = 0; k < network.Parameters.Layout.Parameters.Count; k++)
        {
            Tensor weight = network.Parameters[k];
            float[] noise = TestNumbers.Normal((ulong)(100 + k), (int)weight.Count);
            weight.CopyFrom(weight.ToArray().Zip(noise, (w, n) => w + (0.3f * n)).ToArray());
        }

        foreach (var (name, buffer) in network.Buffers)
        {
            float[] noise = TestNumbers.Normal((ulong)name.Length, (int)buffer.Count);
            buffer.CopyFrom(Array.ConvertAll(noise, n => name.EndsWith("var", StringComparison.Ordinal) ? 0.5f + (n * n) : 0.3f * n));
        }

        return network;
    }

    /// <summary>Random samples with labels, or with targets where the loss is the squared error.</summary>
    internal Batch Batch(Device device, int count, ulong stream = 1)
    {
        Shape shape = Shape.Of([count, .. Sample]);
        int outputs = Outputs(device), size = (int)shape.Count;
        bool labels = Objective == Loss.CrossEntropy;
        return new Batch
        {
            Features = Vocabulary == 0 ? device.Allocate(shape, TestNumbers.Normal(stream, size)) : null,
            Tokens = Vocabulary > 0 ? device.AllocateIndices(shape, TestNumbers.Integers(stream, size, Vocabulary)) : null,
            Labels = labels ? device.AllocateIndices([count], TestNumbers.Integers(stream + 50, count, outputs)) : null,
            Targets = labels ? null : device.Allocate([count, outputs], TestNumbers.Normal(stream + 50, count * outputs)),
        };
    }

    public override string ToString() => Name;

    private int Outputs(Device device)
    {
        using var network = new Network(device, Layers);
        using Batch one = Vocabulary == 0
            ? new Batch { Features = device.Allocate(Shape.Of([1, .. Sample])) }
            : new Batch { Tokens = device.AllocateIndices(Shape.Of([1, .. Sample])) };
        return network.Forward(one, ForwardMode.Evaluation).Outputs.Shape[-1];
    }
}
