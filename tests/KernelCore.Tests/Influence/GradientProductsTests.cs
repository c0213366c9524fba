using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class GradientProductsTests
{
    /// <summary>Roundings of factored products of at most 100 terms, relative to the product of the norms.</summary>
    private const double Tolerance = 100 * 6e-8;

    public static TheoryData<string, int, int, int> Cases => new()
    {
        { "mlp", 1, 1, 256 }, { "mlp", 13, 70, 16 }, { "mlp", 65, 3, 7 }, { "mlp", 530, 520, 1024 }, { "cnn", 5, 9, 4 }, { "cnn", 2, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Grad_dot_and_grad_cos_match_materialised_gradients(string kind, int trains, int tests, int batch)
    {
        using Network network = kind == "mlp" ? Samples.Mlp() : Samples.Cnn();
        Shape shape = kind == "mlp" ? [7] : [2, 6, 6];
        int classes = kind == "mlp" ? 4 : 3;
        Dataset train = Samples.Random(trains, shape, classes, 5), test = Samples.Random(tests, shape, classes, 6);
        double[][] left = Samples.Gradients(network, test), right = Samples.Gradients(network, train);
        GradientProducts graddot = GradientProducts.GradDot(network);
        graddot.BatchSize = batch;
        InfluenceMatrix dots = graddot.Compute(train, test).ToMatrix();
        InfluenceMatrix cosines = GradientProducts.GradCos(network).Compute(train, test).ToMatrix();
        Assert.Equal((tests, trains), (dots.TestCount, dots.TrainCount));
        for (int t = 0; t < tests; t++)
        {
            for (int i = 0; i < trains; i++)
            {
                double scale = Samples.Norm(left[t]) * Samples.Norm(right[i]), expected = Samples.Dot(left[t], right[i]);
                Assert.Equal(expected, dots[t, i], Tolerance * scale);
                Assert.Equal(expected / scale, cosines[t, i], Tolerance);
            }
        }
    }

    [Fact]
    public void TracIn_adds_checkpoints_by_learning_rate()
    {
        using Network first = Samples.Mlp(seed: 1), second = Samples.Mlp(seed: 2);
        Dataset train = Samples.Random(11, [7], 4, 1), test = Samples.Random(6, [7], 4, 2);
        var tracin = GradientProducts.TracIn([Checkpoint.Of(first, 0.5), Checkpoint.Lazy(() => Samples.Mlp(seed: 2), 0.25)]);
        InfluenceMatrix result = tracin.Compute(train, test).ToMatrix();
        double[][] a = Samples.Gradients(first, train), b = Samples.Gradients(first, test);
        double[][] c = Samples.Gradients(second, train), d = Samples.Gradients(second, test);
        double[] self = tracin.SelfInfluence(train);
        for (int i = 0; i < train.Count; i++)
        {
            double expected = (0.5 * Samples.Dot(a[i], a[i])) + (0.25 * Samples.Dot(c[i], c[i]));
            Assert.Equal(expected, self[i], Tolerance * expected);
            for (int t = 0; t < test.Count; t++)
            {
                Assert.Equal(
                    (0.5 * Samples.Dot(a[i], b[t])) + (0.25 * Samples.Dot(c[i], d[t])), result[t, i],
                    Tolerance * ((Samples.Norm(a[i]) * Samples.Norm(b[t])) + (Samples.Norm(c[i]) * Samples.Norm(d[t]))));
            }
        }
    }

    [Theory]
    [InlineData(GradientScope.Head)]
    [InlineData(GradientScope.HeadWeight)]
    public void Last_layer_gradients_are_those_of_the_head(GradientScope scope)
    {
        using Network network = Samples.Mlp();
        Dataset train = Samples.Random(9, [7], 4, 1), test = Samples.Random(5, [7], 4, 2);
        var method = GradientProducts.TracIn([Checkpoint.Of(network)], scope);
        InfluenceMatrix result = method.Compute(train, test).ToMatrix();
        double[] self = method.SelfInfluence(train);
        int weights = 6 * 4, size = weights + (scope == GradientScope.Head ? 4 : 0);
        double[][] a = Heads(train), b = Heads(test);
        for (int i = 0; i < train.Count; i++)
        {
            Assert.Equal(Samples.Dot(a[i], a[i]), self[i], Tolerance * Samples.Dot(a[i], a[i]));
            for (int t = 0; t < test.Count; t++)
            {
                Assert.Equal(Samples.Dot(a[i], b[t]), result[t, i], Tolerance * Samples.Norm(a[i]) * Samples.Norm(b[t]));
            }
        }

        double[][] Heads(Dataset data) => [.. Samples.Gradients(network, data).Select(g => g[^(weights + 4)..][..size])];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void Tiles_of_any_height_give_the_same_matrix(long heldBytes)
    {
        using Network network = Samples.Mlp();
        Dataset train = Samples.Random(23, [7], 4, 1), test = Samples.Random(17, [7], 4, 2);
        foreach (Func<InfluenceMethod> create in new Func<InfluenceMethod>[]
        {
            () => GradientProducts.TracIn([Checkpoint.Of(network, 0.5), Checkpoint.Of(network, 0.25)]), () => GradientProducts.GradCos(network), () => new DataInf(network),
        })
        {
            InfluenceMethod whole = create(), parts = create();
            (parts.HeldBytes, parts.BatchSize) = (heldBytes, 5);
            InfluenceTile[] tiles = [.. parts.Compute(train, test).Select(t => t with { Values = t.Values.ToArray() })];
            Assert.True(tiles.Length > 1);
            Assert.Equal(Enumerable.Range(0, tiles.Length).Select(k => tiles.Take(k).Sum(t => t.TestCount)), tiles.Select(t => t.TestStart));
            float[] expected = whole.Compute(train, test).ToMatrix().Values, actual = [.. tiles.SelectMany(t => t.Values.ToArray())];
            float scale = expected.Max(Math.Abs);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2e-5 * scale));
        }
    }

    [Fact]
    public void Results_do_not_depend_on_threads()
    {
        Dataset train = Samples.Random(70, [7], 4, 1), test = Samples.Random(33, [7], 4, 2);
        float[][] all = [.. new[] { 1, 3 }.Select(threads =>
        {
            using var device = new CpuDevice(threads);
            using Network network = Samples.Mlp(device);
            return GradientProducts.GradDot(network).Compute(train, test).ToMatrix().Values;
        })];
        Assert.Equal(all[0], all[1]);
    }

    [Fact]
    public void A_step_on_a_proponent_lowers_the_loss()
    {
        using Network network = Samples.Mlp();
        Dataset data = Samples.Random(8, [7], 4, 3);
        // A sample is its own proponent: its influence on itself is a squared norm.
        InfluenceMatrix self = GradientProducts.GradDot(network).Compute(data, data).ToMatrix();
        Assert.All(Enumerable.Range(0, data.Count), i => Assert.True(self[i, i] > 0));
    }

    [Fact]
    public void Last_layer_needs_a_linear_head()
    {
        using var network = new Network(Samples.Device, [new Linear(7, 4), new Tanh()]);
        var method = GradientProducts.TracIn([Checkpoint.Of(network)], GradientScope.Head);
        Assert.Throws<KernelCoreException>(() => method.SelfInfluence(Samples.Random(2, [7], 4, 1)));
    }
}
