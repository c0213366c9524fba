using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Tests.Curvature;

/// <summary>Small networks, one or more per kind of layer, with their batches and losses.</summary>
internal static class CurvatureCases
{
    private const int Samples = 5;

    private static readonly Layer[] AllActivations =
    [
        new Linear(6, 7), new GELU(), new Linear(7, 6), new GELU("tanh"), new Linear(6, 7), new SiLU(), new Linear(7, 6), new Tanh(),
        new Linear(6, 7), new Sigmoid(), new Linear(7, 6), new Softplus(), new Linear(6, 4),
    ];

    private static readonly Dictionary<string, (Shape Sample, Layer[] Layers)> All = new()
    {
        ["softmax regression"] = ([6], [new Linear(6, 4)]),
        ["activations"] = ([6], AllActivations),
        ["rectifiers"] = ([6], [new Linear(6, 9), new ReLU(), new Linear(9, 8, Bias: false), new LeakyReLU(0.2f), new Linear(8, 4)]),
        ["linear on tokens"] = ([3, 6], [new Linear(6, 5), new Tanh(), new MeanTokens(), new Linear(5, 4)]),
        ["convolutions"] = ([4, 7, 6], [
            new Conv2d(4, 6, 3, Stride: 2, Padding: 1, Groups: 2), new SiLU(), new Conv2d(6, 4, new Extent2D(2, 3), Dilation: 1), new Tanh(),
            new Flatten(), new Linear(12, 4)]),
        ["1-D convolutions"] = ([3, 12], [new Conv1d(3, 5, 4, Stride: 2, Padding: 1), new Softplus(), new Conv1d(5, 2, 3), new Sigmoid(), new Flatten(), new Linear(8, 4)]),
        ["pooling"] = ([1, 6, 6], [
            new Conv2d(1, 2, 3, Padding: 1), new Tanh(), new MaxPool2d(3, 2, 1), new Conv2d(2, 3, 3, Padding: 1), new SiLU(), new AvgPool2d(2, 1),
            new Conv2d(3, 3, 1), new GlobalAvgPool2d(), new Linear(3, 4)]),
        ["layer norm"] = ([6], [new Linear(6, 8), new LayerNorm(8), new Tanh(), new Linear(8, 8), new LayerNorm(8, Bias: false), new Linear(8, 4)]),
        ["norm on the data"] = ([6], [new LayerNorm(6), new Linear(6, 4)]),
        ["group norm"] = ([2, 4, 4], [new Conv2d(2, 6, 3), new GroupNorm(3, 6), new SiLU(), new Conv2d(6, 4, 2), new GroupNorm(1, 4), new Flatten(), new Linear(4, 4)]),
        ["batch norm"] = ([2, 4, 4], [new Conv2d(2, 6, 3), new BatchNorm2d(6), new SiLU(), new Flatten(), new Linear(24, 4)]),
        ["residual"] = ([6], [new Residual([new Linear(6, 6), new Tanh()]), new Residual([new LayerNorm(6), new Linear(6, 6), new GELU()]), new Linear(6, 4)]),
        ["used twice"] = ([6], [new Linear(6, 6), new Tanh(), new Reuse("0"), new Sigmoid(), new Linear(6, 4)]),
        ["dropout"] = ([6], [new Dropout(0.5f), new Linear(6, 8), new Tanh(), new Dropout(0.3f), new Linear(8, 4)]),
        ["frozen"] = ([6], [
            new Linear(6, 6) { Frozen = true }, new Tanh(), new Linear(6, 6), new SiLU(), new Linear(6, 6) { Frozen = true }, new Sigmoid(),
            new LayerNorm(6) { Frozen = true }, new Linear(6, 4)]),
        ["transformer"] = (default, [
            new Embedding(9, 8, PaddingIdx: 0), new PositionalEmbedding(5, 8), new Residual([new LayerNorm(8), new SelfAttention(8, 2)]),
            new Residual([new LayerNorm(8), new Linear(8, 12), new GELU(), new Linear(12, 8)]), new LayerNorm(8), new MeanTokens(),
            new Linear(8, 9, Bias: true, Tie: "0")]),
        ["frozen embedding, tied head"] = (default, [
            new Embedding(9, 8) { Frozen = true }, new Linear(8, 9, Bias: true, Tie: "0"), new Tanh(), new MeanTokens(), new Linear(9, 4)]),
        ["frozen transformer"] = (default, [
            new Embedding(9, 8) { Frozen = true }, new PositionalEmbedding(5, 8), new Residual([new SelfAttention(8, 2) { Frozen = true }]), new PositionalEmbedding(5, 8) { Frozen = true },
            new MeanTokens(), new Linear(8, 4)]),
    };

    public static IEnumerable<string> Names => All.Keys;

    public static IReadOnlyList<Layer> Layers(string name) => All[name].Layers;

    /// <summary>The network, with running statistics away from their start and weights away from special points.</summary>
    public static Network Network(string name, Device device)
    {
        var network = new Network(device, All[name].Layers, seed: 3);
        foreach (Tensor buffer in network.Buffers.Values)
        {
            buffer.CopyFrom([.. TestNumbers.Normal(50, (int)buffer.Count).Select(v => 0.5f + Math.Abs(v))]);
        }

        Tensor weights = network.Parameters.Flat;
        using Tensor noise = device.Allocate(weights.Shape, TestNumbers.Normal(57, (int)weights.Count));
        device.Kernels.Parameters.Axpy(0.2f, noise, weights);
        return network;
    }

    /// <summary>Samples of the shape that the case takes, labelled; with soft labels or targets on request.</summary>
    public static Batch Batch(string name, Device device, int outputs, bool targets = false)
    {
        Shape sample = All[name].Sample;
        bool tokens = All[name].Layers[0] is Embedding;
        Shape features = tokens ? default : sample.Prepend(Samples);
        return new Batch
        {
            Features = tokens ? null : device.Allocate(features, TestNumbers.Normal(52, (int)features.Count)),
            Tokens = tokens ? device.AllocateIndices([Samples, 5], TestNumbers.Integers(53, Samples * 5, 9)) : null,
            Labels = targets ? null : device.AllocateIndices([Samples], TestNumbers.Integers(54, Samples, outputs)),
            Targets = targets ? device.Allocate([Samples, outputs], [.. TestNumbers.Normal(55, Samples * outputs).Select(Math.Abs)]) : null,
        };
    }

    public static ParameterVector Direction(Network network, ulong stream)
    {
        var direction = new ParameterVector(network.Parameters.Layout, network.Device);
        direction.Flat.CopyFrom(TestNumbers.Normal(stream, (int)direction.Flat.Count));
        return direction;
    }
}
