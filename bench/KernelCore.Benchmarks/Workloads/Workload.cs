using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>A model and a batch size.</summary>
/// <param name="Name">Name in tables, files and on the command line.</param>
/// <param name="Batch">Samples.</param>
/// <param name="Sample">Shape of one sample.</param>
/// <param name="Layers">The model; it ends in logits of <see cref="Classes"/> classes.</param>
public sealed record Workload(string Name, int Batch, Shape Sample, IReadOnlyList<Layer> Layers)
{
    /// <summary>Outputs of every model.</summary>
    public const int Classes = 10;

    /// <summary>784-512-512-10, batch 256.</summary>
    public static Workload Mlp { get; } = Perceptron(batch: 256, width: 512);

    /// <summary>Two convolutions with pooling and a linear head on 28 x 28 images, batch 128.</summary>
    public static Workload Cnn { get; } = new("cnn", 128, [1, 28, 28],
    [
        new Conv2d(1, 32, 3, Padding: 1), new ReLU(), new MaxPool2d(2),
        new Conv2d(32, 64, 3, Padding: 1), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Linear(3136, Classes),
    ]);

    /// <summary>Two pre-norm blocks of width 256 on 64 tokens, head on the mean token, batch 32.</summary>
    public static Workload Transformer { get; } = new("transformer", 32, [64, 256],
    [
        .. Block(256, 1024, heads: 4), .. Block(256, 1024, heads: 4),
        new LayerNorm(256), new MeanTokens(), new Linear(256, Classes),
    ]);

    /// <summary>The three models of the comparison.</summary>
    public static IReadOnlyList<Workload> All { get; } = [Mlp, Cnn, Transformer];

    /// <summary>784-width-width-10.</summary>
    public static Workload Perceptron(int batch, int width) => new("mlp", batch, [784],
        [new Linear(784, width), new ReLU(), new Linear(width, width), new ReLU(), new Linear(width, Classes)]);

    private static Layer[] Block(int width, int hidden, int heads) =>
    [
        new Residual([new LayerNorm(width), new SelfAttention(width, heads)]),
        new Residual([new LayerNorm(width), new Linear(width, hidden), new GELU(), new Linear(hidden, width)]),
    ];
}
