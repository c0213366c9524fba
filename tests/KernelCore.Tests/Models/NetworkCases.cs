using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>Networks that between them use every layer kind and every option of it.</summary>
internal static class NetworkCases
{
    public static IReadOnlyList<NetworkCase> All { get; } =
    [
        new("linear", [new Linear(5, 3)], [5]),
        new("linear without bias", [new Linear(5, 4, Bias: false), new Tanh(), new Linear(4, 3, Bias: false)], [5]),
        new("linear on 3-D", [new Linear(4, 6), new Tanh(), new Linear(6, 3), new MeanTokens()], [5, 4]),
        new("linear on 4-D", [new Linear(3, 4), new Tanh(), new Linear(4, 2), new Flatten(), new Linear(12, 3)], [2, 3, 3]),
        new("squared error", [new Linear(4, 6), new Softplus(), new Linear(6, 2)], [4], Loss: Loss.MeanSquaredError),
        .. Activations(),
        new("model that ends in an activation", [new Linear(4, 5), new Tanh()], [4]),
        new("conv1d", [new Conv1d(2, 4, 3, Stride: 2, Padding: 2, Dilation: 2), new Tanh(), new Flatten(), new Linear(16, 3)], [2, 7]),
        new("conv1d grouped", [new Conv1d(4, 6, 2, Groups: 2, Bias: false), new SiLU(), new Flatten(), new Linear(24, 3)], [4, 5]),
        new("conv2d", [new Conv2d(2, 3, 3, Stride: 2, Padding: 1), new ReLU(), new Conv2d(3, 4, 2), new Flatten(), new Linear(16, 3)], [2, 5, 6]),
        new("asymmetric conv2d", [new Conv2d(2, 3, new Extent2D(3, 2), new Extent2D(1, 2), new Padding2D(2, 1), new Extent2D(2, 1)), new Tanh(), new GlobalAvgPool2d(), new Linear(3, 3)], [2, 4, 5]),
        new("same padding, odd total", [new Conv2d(1, 2, new Extent2D(4, 3), Padding: Padding2D.KeepSize, Dilation: new Extent2D(1, 2)), new Tanh(), new Flatten(), new Linear(40, 2)], [1, 4, 5]),
        new("grouped conv2d", [new Conv2d(4, 6, 3, Padding: 1, Groups: 2), new SiLU(), new Conv2d(6, 2, 1, Groups: 2), new Flatten(), new Linear(18, 3)], [4, 3, 3]),
        new("depthwise conv2d", [new Conv2d(3, 6, 2, Groups: 3, Bias: false), new Tanh(), new GlobalAvgPool2d(), new Linear(6, 3)], [3, 4, 3]),
        new("max pool, overlapping and padded", [new Conv2d(1, 3, 2), new MaxPool2d(3, 2, 1), new Flatten(), new Linear(27, 3)], [1, 6, 6]),
        new("average pool, overlapping and padded", [new Conv2d(1, 2, 2), new AvgPool2d(new Extent2D(3, 2), new Extent2D(1, 2), new Extent2D(1, 0)), new Flatten(), new Linear(20, 3)], [1, 6, 5]),
        new("layer norm", [new Linear(4, 6), new LayerNorm(6), new Tanh(), new Linear(6, 3)], [4]),
        new("layer norm without bias on tokens", [new LayerNorm(4, Bias: false), new Linear(4, 3), new MeanTokens()], [3, 4]),
        new("group norm", [new Conv2d(2, 6, 2), new GroupNorm(3, 6), new SiLU(), new Flatten(), new Linear(24, 3)], [2, 3, 3]),
        new("group norm on signals", [new Conv1d(2, 4, 2), new GroupNorm(2, 4, Eps: 0.1f), new Flatten(), new Linear(16, 3)], [2, 5]),
        new("batch norm", [new Conv2d(1, 3, 2), new BatchNorm2d(3), new ReLU(), new Conv2d(3, 2, 2), new BatchNorm2d(2, Eps: 0.01f), new Flatten(), new Linear(8, 3)], [1, 4, 4]),
        new("embedding", [new Embedding(6, 4), new Tanh(), new Linear(4, 3), new MeanTokens()], [5], Vocabulary: 6),
        new("embedding with padding", [new Embedding(4, 3, PaddingIdx: 1), new Linear(3, 4), new Tanh(), new MeanTokens(), new Linear(4, 3)], [7], Vocabulary: 4),
        new("positional embedding", [new Embedding(5, 4), new PositionalEmbedding(3, 4), new Tanh(), new PositionalEmbedding(3, 4), new MeanTokens(), new Linear(4, 3)], [3], Vocabulary: 5),
        new("attention", [new SelfAttention(4, 2), new MeanTokens(), new Linear(4, 3)], [3, 4]),
        new(
            "transformer",
            [
                new Embedding(5, 4, PaddingIdx: 0), new PositionalEmbedding(3, 4), new Residual([new LayerNorm(4), new SelfAttention(4, 2)]),
                new Residual([new LayerNorm(4), new Linear(4, 6), new GELU(), new Linear(6, 4)]), new LayerNorm(4), new MeanTokens(), new Linear(4, 3),
            ],
            [3], Vocabulary: 5),
        new("residual, body ends in an activation", [new Linear(3, 4), new Residual([new Linear(4, 4), new Tanh()]), new ReLU(), new Linear(4, 3)], [3]),
        new("residual, body begins with an activation", [new Linear(3, 4), new Residual([new ReLU(), new Linear(4, 4)]), new Tanh(), new Linear(4, 3)], [3]),
        new("residual of activations only", [new Linear(3, 4), new Residual([new Tanh(), new Sigmoid()]), new Linear(4, 3)], [3]),
        new("residual of a view", [new Linear(3, 4), new Residual([new Flatten()]), new Tanh(), new Linear(4, 3)], [3]),
        new("residual at the start", [new Residual([new Linear(3, 3), new Tanh()]), new Linear(3, 3)], [3]),
        new("residual at the end", [new Linear(3, 4), new Residual([new Tanh(), new Linear(4, 4)])], [3]),
        new("nested residuals", [new Linear(3, 4), new Residual([new Residual([new Linear(4, 4), new Tanh()]), new Residual([new Tanh(), new Residual([new Linear(4, 4)])])]), new Linear(4, 3)], [3]),
        new("linear used twice", [new Linear(4, 4), new Tanh(), new Reuse("0"), new Tanh(), new Linear(4, 3)], [4]),
        new("linear used three times on tokens", [new Linear(3, 3), new Tanh(), new Reuse("0"), new Tanh(), new Reuse("0"), new MeanTokens()], [4, 3]),
        new("conv used twice", [new Conv2d(2, 2, 3, Padding: 1), new Tanh(), new Reuse("0"), new Flatten(), new Linear(18, 3)], [2, 3, 3]),
        new("norm used twice", [new LayerNorm(4), new Linear(4, 4), new Tanh(), new Reuse("0"), new Linear(4, 3)], [4]),
        new("block used twice", [new Residual([new LayerNorm(4), new Linear(4, 4), new Tanh()]), new Reuse("0"), new Reuse("0.body.1"), new Linear(4, 3)], [4]),
        new("attention used twice", [new SelfAttention(4, 2), new Reuse("0"), new MeanTokens(), new Linear(4, 3)], [3, 4]),
        new("tied embedding and head", [new Embedding(5, 4), new Linear(4, 4), new Tanh(), new MeanTokens(), new Linear(4, 5, Tie: "0")], [6], Vocabulary: 5),
        new("tied embedding with padding, head on tokens", [new Embedding(5, 4, PaddingIdx: 2), new Tanh(), new Linear(4, 5, Bias: false, Tie: "0"), new MeanTokens()], [4], Vocabulary: 5),
        new("tied linears", [new Linear(4, 4), new Tanh(), new Linear(4, 4, Tie: "0"), new Tanh(), new Linear(4, 3)], [4]),
        new("first layer frozen", [new Linear(4, 5) { Frozen = true }, new Tanh(), new Linear(5, 4), new Tanh(), new Linear(4, 3)], [4]),
        new("middle layer frozen", [new Linear(4, 5), new Tanh(), new Linear(5, 4) { Frozen = true }, new Tanh(), new Linear(4, 3)], [4]),
        new("all but the head frozen", [new Conv2d(1, 2, 2) { Frozen = true }, new BatchNorm2d(2) { Frozen = true }, new ReLU(), new Flatten(), new Linear(8, 3)], [1, 3, 3]),
        new("frozen head", [new Linear(4, 5), new Tanh(), new Linear(5, 3) { Frozen = true }], [4]),
        new("frozen block", [new Linear(4, 4), new Residual([new LayerNorm(4), new Linear(4, 4)]) { Frozen = true }, new Linear(4, 3)], [4]),
        new("dropout", [new Linear(4, 6), new Dropout(0.4f), new Tanh(), new Linear(6, 4), new Dropout(0.25f), new Linear(4, 3)], [4]),
    ];

    public static NetworkCase Find(string name) => All.Single(c => c.Name == name);

    private static IEnumerable<NetworkCase> Activations()
    {
        Layer[] activations = [new ReLU(), new LeakyReLU(0.2f), new GELU(), new GELU("tanh"), new SiLU(), new Tanh(), new Sigmoid(), new Softplus()];
        return activations.Select(a => new NetworkCase(
            a is GELU { Approximate: "tanh" } ? "GELU tanh" : a.GetType().Name, [new Linear(4, 7), a, new Linear(7, 3)], [4]));
    }
}
