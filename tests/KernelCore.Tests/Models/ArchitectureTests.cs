using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

[Collection(SharedDevice.Collection)]
public sealed class ArchitectureTests
{
    public static TheoryData<string> Names => [.. NetworkCases.All.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reading_what_was_written_gives_the_same_layers(string name)
    {
        string json = Architecture.ToJson(NetworkCases.Find(name).Layers);
        IReadOnlyList<Layer> read = Architecture.Parse(json);
        Assert.Equal(json, Architecture.ToJson(read));
        using var network = new Network(CpuDevice.Shared, read);
        using Network original = NetworkCases.Find(name).Build(CpuDevice.Shared);
        Assert.Equal(original.Parameters.Layout.Parameters, network.Parameters.Layout.Parameters);
    }

    [Fact]
    public void The_cases_use_every_kind()
    {
        static IEnumerable<Layer> Walk(IEnumerable<Layer> layers) => layers.SelectMany(l => l is Residual r ? Walk(r.Body).Prepend(l) : [l]);
        Type[] used = [.. NetworkCases.All.SelectMany(c => Walk(c.Layers)).Select(l => l.GetType()).Distinct()];
        Assert.Empty(typeof(Layer).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Layer))).Except(used));
    }

    [Fact]
    public void Defaults_and_short_forms_are_read()
    {
        IReadOnlyList<Layer> layers = Architecture.Parse("""
            [
              {"in": 3, "out": 4, "kind": "Conv2d", "kernel": [3, 1], "padding": "same", "frozen": true},
              {"kind": "Conv2d", "in": 4, "out": 4, "kernel": 2, "stride": [2, 1], "padding": [1, 0]},
              {"kind": "MaxPool2d", "kernel": 2, "stride": null},
              {"kind": "Residual", "body": [{"kind": "Dropout"}, {"kind": "GELU", "approximate": "tanh"}]},
              {"kind": "Linear", "in": 4, "out": 2, "bias": false}
            ]
            """);
        Assert.Equal(new Conv2d(3, 4, new Extent2D(3, 1), Padding: Padding2D.KeepSize) { Frozen = true }, layers[0]);
        Assert.Equal(new Conv2d(4, 4, 2, new Extent2D(2, 1), new Padding2D(1, 0)), layers[1]);
        Assert.Equal(new MaxPool2d(2), layers[2]);
        Assert.Equal([new Dropout(0.5f), new GELU("tanh")], Assert.IsType<Residual>(layers[3]).Body);
        Assert.Equal(new Linear(4, 2, Bias: false), layers[4]);
    }

    [Theory]
    [InlineData("", "not a valid layer list")]
    [InlineData("[", "not a valid layer list")]
    [InlineData("[]", "has no layers")]
    [InlineData("null", "has no layers")]
    [InlineData("[null]", "null stands where a layer is expected")]
    [InlineData("""[{"kind": "Residual", "body": [null]}]""", "null stands where a layer is expected")]
    [InlineData("""[{"kind": "Residual", "body": null}]""", "body")]
    [InlineData("""[{"kind": "Residual", "body": []}]""", "layer '0': the body of a residual needs at least one layer")]
    [InlineData("""[{"in": 3, "out": 4}]""", "kind")]
    [InlineData("""[{"kind": "Linaer", "in": 3, "out": 4}]""", "Linaer")]
    [InlineData("""[{"kind": "Linear", "in": 3, "out": 4, "biass": true}]""", "biass")]
    [InlineData("""[{"kind": "Linear", "in": 3}]""", "out")]
    [InlineData("""[{"kind": "Linear", "in": "3", "out": 4}]""", "in")]
    [InlineData("""[{"kind": "Linear", "in": 3.5, "out": 4}]""", "in")]
    [InlineData("""[{"kind": "Linear", "in": 3, "out": 4, "tie": 5}]""", "tie")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": [1]}]""", "kernel")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": [1, 2, 3]}]""", "[height, width]")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": {"height": 1}}]""", "kernel")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": 3, "padding": "valid"}]""", "padding")]
    [InlineData("""[{"kind": "Linear", "in": -3, "out": 4}]""", "layer '0'")]
    [InlineData("""[{"kind": "Linear", "in": 2147483647, "out": 2147483647}]""", "layer '0': negative or far too large sizes")]
    [InlineData("""[{"kind": "Linear", "in": 32768, "out": 65535}, {"kind": "Linear", "in": 32768, "out": 65535}]""", "parameters are more than one tensor holds")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": 3, "groups": 2}]""", "layer '0': 2 groups do not divide")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": 3, "groups": 0}]""", "layer '0': 0 groups")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": 0}]""", "layer '0': kernel, stride and dilation")]
    [InlineData("""[{"kind": "Conv2d", "in": 3, "out": 4, "kernel": 3, "padding": -1}]""", "layer '0': padding is at least 0")]
    [InlineData("""[{"kind": "SelfAttention", "dim": 6, "heads": 4}]""", "layer '0': 4 heads do not divide the width 6")]
    [InlineData("""[{"kind": "Embedding", "vocab": 6, "dim": 4, "padding_idx": 6}]""", "layer '0': padding_idx 6")]
    [InlineData("""[{"kind": "Embedding", "vocab": 6, "dim": 4, "padding_idx": -1}]""", "layer '0': padding_idx -1")]
    [InlineData("""[{"kind": "Dropout", "p": 1}]""", "layer '0': the dropout probability")]
    [InlineData("""[{"kind": "GELU", "approximate": "erf"}]""", "layer '0': GELU's approximate")]
    [InlineData("""[{"kind": "ReLU"}, {"kind": "Reuse", "layer": "0.body.3"}]""", "layer '1': there is no earlier layer '0.body.3'")]
    [InlineData("""[{"kind": "Reuse", "layer": "0"}]""", "layer '0': there is no earlier layer '0'")]
    [InlineData("""[{"kind": "Reuse", "layer": "1"}, {"kind": "Linear", "in": 3, "out": 3}]""", "layer '0': there is no earlier layer '1'")]
    [InlineData("""[{"kind": "Residual", "body": [{"kind": "Tanh"}, {"kind": "Reuse", "layer": "0"}]}]""", "layer '0.body.1': there is no earlier layer '0'")]
    [InlineData("""[{"kind": "Linear", "in": 3, "out": 3, "tie": "0"}]""", "layer '0': there is no earlier layer '0' with a weight")]
    [InlineData("""[{"kind": "Tanh"}, {"kind": "Linear", "in": 3, "out": 3, "tie": "0"}]""", "layer '1': there is no earlier layer '0' with a weight")]
    [InlineData("""[{"kind": "Linear", "in": 3, "out": 3, "tie": "1"}, {"kind": "Linear", "in": 3, "out": 3}]""", "layer '0': there is no earlier layer '1'")]
    [InlineData("""[{"kind": "Linear", "in": 3, "out": 4}, {"kind": "Linear", "in": 4, "out": 3, "tie": "0"}]""", "layer '1': its weight is [3, 4], but '0' has [4, 3]")]
    public void What_cannot_work_is_refused_by_name(string json, string expected)
    {
        var refusal = Assert.ThrowsAny<KernelCoreException>(() => new Network(CpuDevice.Shared, Architecture.Parse(json)).Dispose());
        Assert.Contains(expected, refusal.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("linear", 4, "layer '0': expects input [batch, ..., 5], got [2, 4]")]
    [InlineData("conv2d", 5, "layer '0': expects input [batch, 2, height, width], got [2, 5]")]
    [InlineData("layer norm without bias on tokens", 5, "layer '0': expects input [batch, ..., 4]")]
    [InlineData("attention", 4, "layer '0': expects input [batch, tokens, 4]")]
    public void Inputs_of_the_wrong_shape_are_refused_by_name(string name, int width, string expected)
    {
        using Network network = NetworkCases.Find(name).Build(CpuDevice.Shared);
        using var batch = new Batch { Features = CpuDevice.Shared.Allocate([2, width]) };
        var refusal = Assert.Throws<KernelCoreException>(() => network.Forward(batch, ForwardMode.Evaluation));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens", "layer '0': expects input [batch, 2, 4]")]
    [InlineData("channels", "layer '0': expects input [batch, 3, ...]")]
    [InlineData("body", "layer '0': its body turns [2, 3, 4] into [2, 3, 5]")]
    [InlineData("kernel", "layer '0': the kernel does not fit the input [2, 3, 4]")]
    [InlineData("window", "layer '1': the window does not fit the input [2, 3, 4, 1]")]
    [InlineData("pool", "the padding at least 0 and at most half the kernel")]
    public void Shapes_that_do_not_fit_are_refused_by_name(string what, string expected)
    {
        Layer[] layers = what switch
        {
            "tokens" => [new PositionalEmbedding(2, 4)],
            "channels" => [new GroupNorm(1, 3), new BatchNorm2d(3)],
            "body" => [new Residual([new Linear(4, 5)])],
            "kernel" => [new Conv1d(3, 2, 5)],
            "window" => [new ReLU(), new MaxPool2d(2)],
            _ => [new ReLU(), new AvgPool2d(1, Padding: 1)],
        };
        using var network = new Network(CpuDevice.Shared, layers);
        Shape shape = what switch { "window" or "pool" => [2, 3, 4, 1], "channels" => [2, 4, 4], _ => [2, 3, 4] };
        using var batch = new Batch { Features = CpuDevice.Shared.Allocate(shape) };
        var refusal = Assert.Throws<KernelCoreException>(() => network.Forward(batch, ForwardMode.Evaluation));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_are_named_and_ordered_as_in_PyTorch()
    {
        Layer[] layers =
        [
            new Embedding(5, 4), new PositionalEmbedding(3, 4), new Residual([new LayerNorm(4), new SelfAttention(4, 2)]), new Reuse("2"),
            new Residual([new Residual([new Linear(4, 4)]), new Linear(4, 4, Bias: false)]), new LayerNorm(4, Bias: false), new Linear(4, 5, Tie: "0"),
        ];
        using var network = new Network(CpuDevice.Shared, layers);
        Assert.Equal(
            [
                "0.weight", "1.weight", "2.body.0.weight", "2.body.0.bias", "2.body.1.in_proj.weight", "2.body.1.in_proj.bias", "2.body.1.out_proj.weight",
                "2.body.1.out_proj.bias", "4.body.0.body.0.weight", "4.body.0.body.0.bias", "4.body.1.weight", "5.weight", "6.bias",
            ],
            network.Parameters.Layout.Parameters.Select(p => p.Name));
        Assert.Equal(0, network.Head!.WeightIndex);
        Assert.Equal(12, network.Head.BiasIndex);
        long offset = 0;
        Assert.All(network.Parameters.Layout.Parameters, p => Assert.Equal((offset += p.Shape.Count) - p.Shape.Count, p.Offset));
        Assert.Contains("no parameter '9.weight'", Assert.Throws<KeyNotFoundException>(() => network.Parameters["9.weight"]).Message, StringComparison.Ordinal);
    }
}
