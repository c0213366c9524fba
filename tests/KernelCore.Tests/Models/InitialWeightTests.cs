using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>New weights follow the distributions of PyTorch's modules, and the seed alone.</summary>
[Collection(SharedDevice.Collection)]
public sealed class InitialWeightTests
{
    [Fact]
    public void Linear_layers_and_convolutions_are_uniform_within_one_over_the_root_of_the_fan_in()
    {
        CheckUniform("0.weight", 1 / Math.Sqrt(400), new Linear(400, 300));
        CheckUniform("0.bias", 1 / Math.Sqrt(9), new Linear(9, 4000));
        CheckUniform("0.weight", 1 / Math.Sqrt(10 * 3 * 5), new Conv2d(20, 40, new Extent2D(3, 5), Groups: 2));
        CheckUniform("0.weight", 1 / Math.Sqrt(30 * 4), new Conv1d(30, 50, 4));
        CheckUniform("0.in_proj.weight", Math.Sqrt(6.0 / (60 + 180)), new SelfAttention(60, 2));
        CheckUniform("0.out_proj.weight", 1 / Math.Sqrt(60), new SelfAttention(60, 2));
    }

    [Fact]
    public void Tables_are_normal_with_a_zero_padding_row()
    {
        float[] table = Weights("0.weight", new Embedding(200, 50, PaddingIdx: 7));
        Assert.All(table[350..400], v => Assert.Equal(0, v));
        CheckNormal([.. table[..350], .. table[400..]], 1);
        CheckNormal(Weights("0.weight", new PositionalEmbedding(200, 50)), 0.02);
    }

    [Fact]
    public void Norms_start_as_the_identity_and_attention_without_biases()
    {
        Assert.All(Weights("0.weight", new LayerNorm(6)), v => Assert.Equal(1, v));
        Assert.All(Weights("0.bias", new GroupNorm(2, 6)), v => Assert.Equal(0, v));
        Assert.All(Weights("0.in_proj.bias", new SelfAttention(6, 2)), v => Assert.Equal(0, v));
        Assert.All(Weights("0.out_proj.bias", new SelfAttention(6, 2)), v => Assert.Equal(0, v));
        using var network = new Network(CpuDevice.Shared, [new BatchNorm2d(3)]);
        Assert.Equal([0, 0, 0], network.Buffers["0.running_mean"].ToArray());
        Assert.Equal([1, 1, 1], network.Buffers["0.running_var"].ToArray());
    }

    [Fact]
    public void The_seed_decides()
    {
        Layer[] layers = [new Linear(5, 5), new Linear(5, 5)];
        using Network a = new(CpuDevice.Shared, layers, seed: 1), b = new(CpuDevice.Shared, layers, seed: 1), c = new(CpuDevice.Shared, layers, seed: 2);
        Assert.Equal(a.Parameters.Flat.ToArray(), b.Parameters.Flat.ToArray());
        Assert.NotEqual(a.Parameters.Flat.ToArray(), c.Parameters.Flat.ToArray());
        Assert.NotEqual(a.Parameters["0.weight"].ToArray(), a.Parameters["1.weight"].ToArray());
    }

    private static float[] Weights(string name, Layer layer)
    {
        using var network = new Network(CpuDevice.Shared, [layer], seed: 9);
        return network.Parameters[name].ToArray();
    }

    /// <summary>Range, mean and variance; five standard errors of each.</summary>
    private static void CheckUniform(string name, double bound, Layer layer)
    {
        float[] values = Weights(name, layer);
        double variance = bound * bound / 3, n = values.Length;
        Assert.InRange(values.Max(Math.Abs), 0.99 * bound, bound * (1 + 1e-6));
        Assert.Equal(0, values.Average(v => (double)v), 5 * Math.Sqrt(variance / n));
        Assert.Equal(variance, values.Average(v => (double)v * v), 5 * variance * Math.Sqrt(0.8 / n));
    }

    private static void CheckNormal(float[] values, double deviation)
    {
        double variance = deviation * deviation, n = values.Length;
        Assert.Equal(0, values.Average(v => (double)v), 5 * deviation / Math.Sqrt(n));
        Assert.Equal(variance, values.Average(v => (double)v * v), 5 * variance * Math.Sqrt(2 / n));
    }
}
