using KernelCore.Conformance;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>Forward pass and losses of every layer kind against the double-precision network.</summary>
public sealed class ForwardTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public static TheoryData<string> Names => [.. NetworkCases.All.Select(c => c.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Outputs_and_losses_in_evaluation(string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        using Network network = c.Build(_device);
        var reference = new ReferenceNetwork(network);
        foreach (int count in (int[])[3, 1])
        {
            using Batch batch = c.Batch(_device, count);
            using Tensor losses = _device.Allocate([count]);
            IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
            c.Objective.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
            AssertClose.Equal(reference.Outputs(batch).SelectMany(s => s), pass.Outputs.ToArray(), 2e-6, $"{name}, outputs");
            AssertClose.Equal(reference.Losses(batch, c.Objective), losses.ToArray(), 5e-6, $"{name}, losses");
        }
    }

    [Theory]
    [InlineData("batch norm")]
    [InlineData("dropout")]
    public void Outputs_in_training(string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 4);
        for (ulong pass = 1; pass <= 3; pass++)
        {
            double[] expected = [.. new ReferenceNetwork(network, training: true, NetworkCase.Seed, pass).Outputs(batch).SelectMany(s => s)];
            AssertClose.Equal(expected, network.Forward(batch, ForwardMode.Training).Outputs.ToArray(), 1e-5, $"{name}, pass {pass}");
        }
    }

    [Fact]
    public void Batch_norm_folds_the_mean_and_the_unbiased_variance_into_the_running_ones()
    {
        using var network = new Network(_device, [new BatchNorm2d(2, Momentum: 0.25f), new Flatten(), new Linear(12, 2)]);
        float[] x = TestNumbers.Normal(1, 5 * 12);
        using var batch = new Batch { Features = _device.Allocate([5, 2, 2, 3], x) };
        double[] mean = [0, 0], variance = [1, 1];
        for (int step = 0; step < 3; step++)
        {
            network.Forward(batch, ForwardMode.Training);
            network.Forward(batch, ForwardMode.Evaluation);
            for (int c = 0; c < 2; c++)
            {
                double[] channel = [.. x.Where((_, i) => i / 6 % 2 == c).Select(v => (double)v)];
                double average = channel.Average();
                mean[c] += 0.25 * (average - mean[c]);
                variance[c] += 0.25 * ((channel.Sum(v => (v - average) * (v - average)) / 29) - variance[c]);
            }

            AssertClose.Equal(mean, network.Buffers["0.running_mean"].ToArray(), 1e-6, "running mean");
            AssertClose.Equal(variance, network.Buffers["0.running_var"].ToArray(), 1e-6, "running variance");
        }
    }

    [Fact]
    public void Batch_norm_refuses_to_train_on_a_single_value_per_channel()
    {
        using var network = new Network(_device, [new BatchNorm2d(3), new Flatten(), new Linear(3, 2)]);
        using var batch = new Batch { Features = _device.Allocate([1, 3, 1, 1]) };
        network.Forward(batch, ForwardMode.Evaluation);
        Assert.Contains("layer '0'", Assert.Throws<KernelCoreException>(() => network.Forward(batch, ForwardMode.Training)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dropout_scales_what_it_keeps_and_depends_on_seed_and_pass_alone()
    {
        const int Width = 4000;
        using var batch = new Batch { Features = _device.Allocate([1, Width]) };
        batch.Features.Fill(1);
        float[] Run(ulong seed, int passes, ForwardMode mode)
        {
            using var network = new Network(_device, [new Dropout(0.25f)], seed);
            for (int i = 1; i < passes; i++)
            {
                network.Forward(batch, mode);
            }

            return network.Forward(batch, mode).Outputs.ToArray();
        }

        float[] first = Run(seed: 1, passes: 1, ForwardMode.Training);
        Assert.All(first, v => Assert.True(v is 0 or 1 / 0.75f));

        // Five standard deviations of a binomial count.
        Assert.InRange(first.Count(v => v == 0), 1000 - 137, 1000 + 137);
        Assert.Equal(first, Run(seed: 1, passes: 1, ForwardMode.Training));
        Assert.NotEqual(first, Run(seed: 1, passes: 2, ForwardMode.Training));
        Assert.NotEqual(first, Run(seed: 2, passes: 1, ForwardMode.Training));
        Assert.Equal(batch.Features.ToArray(), Run(seed: 1, passes: 1, ForwardMode.Evaluation));
    }

    [Fact]
    public void An_empty_batch_gives_empty_outputs()
    {
        foreach (NetworkCase c in NetworkCases.All)
        {
            using Network network = c.Build(_device);
            using Batch batch = c.Batch(_device, 0);
            IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
            Assert.Equal(0, pass.Outputs.Shape[0]);
            Assert.Equal(0, pass.Backward().Batch);
        }
    }
}
