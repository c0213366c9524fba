using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Models;

namespace KernelCore.Tests.Gradients;

/// <summary>
/// The cases in which per-sample gradient libraries return wrong numbers, refuse, or skip parameters: every quantity of
/// every parameter against finite differences in double.
/// </summary>
public sealed class EdgeCaseTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Grouped_convolution() => AllQuantities.Check(_device, "grouped conv2d");

    [Fact]
    public void Depthwise_convolution() => AllQuantities.Check(_device, "depthwise conv2d");

    [Fact]
    public void Grouped_convolution_of_signals() => AllQuantities.Check(_device, "conv1d grouped");

    [Fact]
    public void Same_padding_with_an_odd_total() => AllQuantities.Check(_device, "same padding, odd total");

    [Fact]
    public void Asymmetric_kernel_stride_padding_and_dilation() => AllQuantities.Check(_device, "asymmetric conv2d");

    [Fact]
    public void Embedding_tied_to_the_head() => AllQuantities.Check(_device, "tied embedding and head");

    [Fact]
    public void The_same_linear_used_twice() => AllQuantities.Check(_device, "linear used twice");

    [Fact]
    public void The_same_convolution_used_twice() => AllQuantities.Check(_device, "conv used twice");

    [Fact]
    public void Embedding_with_padding_index() => AllQuantities.Check(_device, "embedding with padding");

    [Fact]
    public void Broadcast_position_embedding() => AllQuantities.Check(_device, "positional embedding");

    [Fact]
    public void Linear_on_three_axes() => AllQuantities.Check(_device, "linear on 3-D");

    [Fact]
    public void Linear_on_four_axes() => AllQuantities.Check(_device, "linear on 4-D");

    [Fact]
    public void Layer_norm() => AllQuantities.Check(_device, "layer norm");

    [Fact]
    public void Group_norm() => AllQuantities.Check(_device, "group norm");

    [Fact]
    public void Batch_norm_in_evaluation() => AllQuantities.Check(_device, "batch norm");

    [Fact]
    public void Padding_row_gets_no_gradient_from_the_lookup_but_does_from_the_tied_head()
    {
        NetworkCase c = NetworkCases.Find("tied embedding with padding, head on tokens");
        using Network network = c.Build(_device);
        using var engine = new PerSampleEngine(network, new GradientQuery { Materialise = true, Norms = true });
        using var batch = new Batch { Tokens = _device.AllocateIndices([1, 4], [2, 2, 2, 2]), Labels = _device.AllocateIndices([1], [0]) };
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);

        // With tokens of the padding row alone the lookup has no gradient: what is left is the head's, delta x mean(tanh(row)).
        var reference = new ReferenceNetwork(network);
        double[] outputs = reference.Outputs(batch)[0], row = reference.Parameters["0.weight"][8..12];
        double total = outputs.Sum(Math.Exp);
        var expected = outputs.SelectMany((s, o) => row.Select(x => ((Math.Exp(s) / total) - (o == 0 ? 1 : 0)) * Math.Tanh(x))).ToArray();
        AssertClose.Equal(expected, result.Gradients![0].ToArray(), 1e-5, "gradient");
        AssertClose.Equal([expected.Sum(g => g * g)], result.SquaredNorms!.Total.ToArray(), 1e-5, "squared norm");
    }

    [Fact]
    public void Batch_norm_in_training_is_refused_by_name_while_head_scores_remain()
    {
        NetworkCase c = NetworkCases.Find("batch norm");
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 4);
        using var engine = new PerSampleEngine(network, new GradientQuery { Norms = true });
        IForwardPass pass = network.Forward(batch, ForwardMode.Training);
        var refusal = Assert.Throws<UnsupportedLayerException>(() => engine.Evaluate(pass, batch, c.Objective));
        Assert.Contains("'1'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("couples the samples", refusal.Message, StringComparison.Ordinal);

        using var scorer = new KernelCore.Scoring.HeadScorer(network);
        Assert.All(scorer.Compute(pass, batch.Labels!)[HeadQuantity.Gwa].ToArray(), v => Assert.True(float.IsFinite(v)));
        engine.Evaluate(batch, c.Objective);
    }

    [Fact]
    public void Behind_frozen_batch_statistics_per_sample_gradients_exist()
    {
        // Only layers before the statistics are coupled by them; here those are frozen.
        NetworkCase c = NetworkCases.Find("all but the head frozen");
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 4);
        using var engine = new PerSampleEngine(network, new GradientQuery { Materialise = true });
        GradientResult result = engine.Evaluate(network.Forward(batch, ForwardMode.Training), batch, c.Objective);
        double[][] expected = new ReferenceNetwork(network, training: true).Gradients(batch, c.Objective, "4.weight");
        AssertClose.Equal(expected.SelectMany(g => g), result.Gradients![network.Parameters.Layout.IndexOf("4.weight")].ToArray(), 2e-5, "4.weight");
    }

    [Fact]
    public void A_weight_used_as_a_bias_elsewhere_is_refused()
    {
        using Tensor memory = _device.Allocate([6]);
        LayerCapture Capture(int weight, int bias) => new()
        {
            Layer = "odd",
            Kind = CaptureKind.Linear,
            Batch = 2,
            Positions = 1,
            WeightShape = [3, 1],
            WeightIndex = weight,
            BiasIndex = bias,
            Activation = memory,
            Backprop = memory,
            Layout = new ChannelLayout(1, 3, 1),
        };
        var refusal = Assert.Throws<UnsupportedLayerException>(() => new CaptureSet([Capture(0, 1), Capture(1, 2)]));
        Assert.Contains("odd", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bias_may_lie_before_its_weight()
    {
        using var weights = new ParameterVector(new ParameterLayout([("bias", [3], true), ("weight", [3, 2], true)]), _device);
        using Tensor activation = _device.Allocate([2, 2], [1, 2, -1, 3]), backprop = _device.Allocate([2, 3], [1, 0, 2, 3, 1, -1]);
        using var engine = new PerSampleEngine(weights, new GradientQuery { Gram = true, Norms = true });
        GradientResult Evaluate() => engine.Evaluate(new CaptureSet([new()
        {
            Layer = "reversed",
            Kind = CaptureKind.Linear,
            Batch = 2,
            Positions = 1,
            WeightShape = [3, 2],
            WeightIndex = 1,
            BiasIndex = 0,
            Activation = activation,
            Backprop = backprop,
            Layout = new ChannelLayout(1, 3, 1),
        }]));

        // (a_i.a_j + 1)(g_i.g_j), also when the result holds an earlier answer.
        Evaluate();
        GradientResult result = Evaluate();
        Assert.Equal([30, 6, 6, 121], result.Gram!.ToArray());
        Assert.Equal([30, 121], result.SquaredNorms!.Total.ToArray());
    }
}
