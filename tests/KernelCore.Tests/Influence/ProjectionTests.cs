using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class ProjectionTests
{
    private const double Tolerance = 200 * 6e-8;

    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    [InlineData("tokens")]
    public void Sides_that_are_not_shortened_keep_inner_products(string kind)
    {
        using Network network = Create(kind, Samples.Device);
        using Batch batch = Input(kind, network.Device, 5);
        using var engine = new PerSampleEngine(network, new GradientQuery { Gram = true, Projection = GradientProjection.Kronecker(1000, 1000) });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        float[] gram = result.Gram!.ToArray(), rows = result.Projected!.ToArray();
        int size = result.Projected.Shape[1];
        Assert.Equal(size, result.ProjectedBlocks.Sum(b => b.Size));
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 5; j++)
            {
                double expected = gram[(i * 5) + j], actual = 0;
                for (int k = 0; k < size; k++)
                {
                    actual += (double)rows[(i * size) + k] * rows[(j * size) + k];
                }

                Assert.Equal(expected, actual, Tolerance * Math.Sqrt(gram[i * 6] * gram[j * 6]));
            }
        }
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("cnn")]
    [InlineData("tokens")]
    public void Projections_are_linear_maps_that_do_not_depend_on_threads_or_batches(string kind)
    {
        float[][] rows = [.. new[] { 1, 3 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Network network = Create(kind, device);
            using Batch batch = Input(kind, device, 6);
            using var engine = new PerSampleEngine(network, new GradientQuery { Projection = GradientProjection.Kronecker(2, 3, seed: 9) });
            return engine.Evaluate(batch, Loss.CrossEntropy).Projected!.ToArray();
        })];
        Assert.Equal(rows[0], rows[1]);
        Assert.Contains(rows[0], v => v != 0);
    }

    [Fact]
    public void A_linear_layer_is_projected_through_its_factors()
    {
        using var network = new Network(Samples.Device, [new Linear(7, 4)], seed: 3);
        Dataset data = Samples.Random(3, [7], 4, 1);
        using var batch = new Batch
        {
            Features = Samples.Device.Allocate([3, 7], data.Features.AsSpan()), Labels = Samples.Device.AllocateIndices([3], data.Labels.AsSpan()),
        };
        using var engine = new PerSampleEngine(network, new GradientQuery { Projection = GradientProjection.Kronecker(2, 5, seed: 4) });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        float[] actual = result.Projected!.ToArray();
        Assert.Equal([new ProjectedBlock(0, 0, 10)], result.ProjectedBlocks);
        float[] outer = Rademacher.Matrix(2, 4, 4, 1UL << 32), inner = Rademacher.Matrix(5, 8, 4, 2UL << 32);
        double[][] gradients = Samples.Gradients(network, data);
        for (int i = 0; i < 3; i++)
        {
            for (int o = 0; o < 2; o++)
            {
                for (int k = 0; k < 5; k++)
                {
                    double expected = 0;
                    for (int p = 0; p < 4; p++)
                    {
                        for (int d = 0; d < 8; d++)
                        {
                            expected += outer[(o * 4) + p] * inner[(k * 8) + d] * (d < 7 ? gradients[i][(p * 7) + d] : gradients[i][28 + p]);
                        }
                    }

                    Assert.Equal(expected, actual[(i * 10) + (o * 5) + k], Tolerance * Samples.Norm(gradients[i]) * 4);
                }
            }
        }
    }

    [Fact]
    public void A_dense_projection_is_a_product_with_signs()
    {
        using Network network = Samples.Mlp();
        Dataset data = Samples.Random(3, [7], 4, 1);
        using var batch = new Batch
        {
            Features = Samples.Device.Allocate([3, 7], data.Features.AsSpan()), Labels = Samples.Device.AllocateIndices([3], data.Labels.AsSpan()),
        };
        using var engine = new PerSampleEngine(network, new GradientQuery { Projection = GradientProjection.Dense(5, seed: 8) });
        float[] actual = engine.Evaluate(batch, Loss.CrossEntropy).Projected!.ToArray();
        double[][] gradients = Samples.Gradients(network, data);
        for (int k = 0; k < 5; k++)
        {
            var signs = new float[gradients[0].Length];
            Rademacher.Fill(signs, 8, (ulong)k, 0, 1);
            Assert.All(signs, s => Assert.True(s is 1 or -1));
            for (int i = 0; i < 3; i++)
            {
                double expected = Samples.Dot(gradients[i], Array.ConvertAll(signs, s => (double)s)) / Math.Sqrt(5);
                Assert.Equal(expected, actual[(i * 5) + k], Tolerance * Samples.Norm(gradients[i]) * Math.Sqrt(signs.Length));
            }
        }
    }

    [Fact]
    public void Signs_are_addressed_by_column()
    {
        var whole = new float[300];
        Rademacher.Fill(whole, 1, 2, 0, 1);
        foreach (int start in new[] { 0, 1, 127, 128, 129, 250 })
        {
            var part = new float[50];
            Rademacher.Fill(part, 1, 2, start, 1);
            Assert.Equal(whole[start..(start + 50)], part);
        }

        Assert.Equal(((Philox.UInt32(1, 2, 3) >> 4) & 1) == 0 ? 1 : -1, whole[(3 * 32) + 4]);
        Assert.InRange(whole.Sum(), -6 * Math.Sqrt(300), 6 * Math.Sqrt(300));
    }

    private static Network Create(string kind, Device device) => kind switch
    {
        "mlp" => Samples.Mlp(device),
        "cnn" => Samples.Cnn(device),
        _ => new Network(device, [new Embedding(11, 6, PaddingIdx: 2), new PositionalEmbedding(5, 6), new SelfAttention(6, 2), new LayerNorm(6), new Linear(6, 11, Tie: "0"), new MeanTokens()], 5),
    };

    private static Batch Input(string kind, Device device, int count)
    {
        if (kind == "tokens")
        {
            return new Batch
            {
                Tokens = device.AllocateIndices([count, 5], [.. Enumerable.Range(0, count * 5).Select(i => Philox.Integer(1, 1, (ulong)i, 11))]),
                Labels = device.AllocateIndices([count], [.. Enumerable.Range(0, count).Select(i => i % 11)]),
            };
        }

        Dataset data = kind == "mlp" ? Samples.Random(count, [7], 4, 1) : Samples.Random(count, [2, 6, 6], 3, 1);
        return new Batch
        {
            Features = device.Allocate(data.SampleShape.Prepend(count), data.Features.AsSpan()),
            Labels = device.AllocateIndices([count], data.Labels.AsSpan()),
        };
    }
}
