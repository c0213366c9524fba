using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class ProjectedInfluenceTests
{
    [Fact]
    public void Trak_golden()
    {
        using Tensor features = Samples.Device.Allocate([4, 2], [1, 0, 0, 2, 1, 1, 2, -1]), target = Samples.Device.Allocate([1, 2], [1, 0.5f]);
        using Tensor products = Samples.Device.Allocate([1, 4]);
        var moment = new SecondMoment(features, [new ProjectedBlock(-1, 0, 2)], mean: false, damping: 0);
        var fitted = new ProjectedInfluence.Fitted(4);
        using Tensor solved = moment.Solve(target);
        fitted.Checkpoints.Add((solved, features));
        fitted.AddWeights([.. new[] { 0.9, 0.5, 0.2, 0.7 }.Select(p => (float)Math.Log(p / (1 - p)))], 1);
        var scores = new float[4];
        ProjectedInfluence.Score(fitted, 0, 1, products, scores);
        double[] expected = [0.01857143, 0.11428571, 0.24, 0.07714286];
        Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 2e-7));
    }

    [Fact]
    public void Trak_with_the_identity_solves_the_normal_equations()
    {
        using var network = new Network(Samples.Device, [new Linear(3, 2, Bias: false)], seed: 1);
        Dataset train = Samples.Random(20, [3], 2, 1), test = Samples.Random(4, [3], 2, 2);
        var trak = ProjectedInfluence.Trak([Checkpoint.Of(network)], GradientProjection.Kronecker(1000, 1000), damping: 0.1);
        trak.BatchSize = 7;
        InfluenceMatrix result = trak.Compute(train, test).ToMatrix();

        // df/ds = (1, -1) or (-1, 1): the gradient is +-(z, -z), so the moment is [[Z, -Z], [-Z, Z]] with Z = sum z z^T.
        double[][] phi = Samples.Gradients(network, train, new LogOddsLoss()), asked = Samples.Gradients(network, test, new LogOddsLoss());
        double[] moment = new double[36];
        for (int a = 0; a < 36; a++)
        {
            moment[a] = phi.Sum(p => p[a / 6] * p[a % 6]);
        }

        double damping = 0.1 * Enumerable.Range(0, 6).Sum(a => moment[a * 7]) / 6;
        for (int a = 0; a < 6; a++)
        {
            moment[a * 7] += damping;
        }

        for (int t = 0; t < test.Count; t++)
        {
            double[] solved = Solve(moment, asked[t]);
            for (int i = 0; i < train.Count; i++)
            {
                double f = Samples.Dot([.. train.Sample(i).ToArray().Select(v => (double)v)], Difference(network, train.Labels[i]));
                double expected = Samples.Dot(solved, phi[i]) / (1 + Math.Exp(f));
                Assert.Equal(expected, result[t, i], 1e-4 * Math.Max(Samples.Norm(solved) * Samples.Norm(phi[i]), 1e-3));
            }
        }

        Assert.All(trak.SelfInfluence(train), v => Assert.True(v > 0));
    }

    [Fact]
    public void LoGra_with_the_identity_is_the_damped_empirical_fisher()
    {
        using Network network = new(Samples.Device, [new Linear(3, 2)], seed: 1);
        Dataset train = Samples.Random(30, [3], 2, 1), test = Samples.Random(3, [3], 2, 2);
        InfluenceMatrix result = ProjectedInfluence.LoGra(network, GradientProjection.Kronecker(1000, 1000)).Compute(train, test).ToMatrix();
        double[][] g = Samples.Gradients(network, train), v = Samples.Gradients(network, test);
        var fisher = new double[64];
        for (int a = 0; a < 64; a++)
        {
            fisher[a] = g.Average(x => x[a / 8] * x[a % 8]);
        }

        double damping = 0.1 * Enumerable.Range(0, 8).Sum(a => fisher[a * 9]) / 8;
        for (int a = 0; a < 8; a++)
        {
            fisher[a * 9] += damping;
        }

        for (int t = 0; t < test.Count; t++)
        {
            double[] solved = Solve(fisher, v[t]);
            for (int i = 0; i < train.Count; i++)
            {
                Assert.Equal(Samples.Dot(solved, g[i]), result[t, i], 1e-4 * Samples.Norm(solved) * Samples.Norm(g[i]));
            }
        }
    }

    [Fact]
    public void A_singular_moment_asks_for_damping()
    {
        using Tensor features = Samples.Device.Allocate([1, 2], [1, 2]);
        var error = Assert.Throws<KernelCoreException>(() => new SecondMoment(features, [new ProjectedBlock(-1, 0, 2)], mean: false, damping: 0));
        Assert.Contains("damping", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20f)]
    [InlineData(-20f)]
    [InlineData(1e4f)]
    public void Log_odds_are_finite_at_any_margin(float margin)
    {
        using Tensor logits = Samples.Device.Allocate([1, 3], [margin, 0, 0]), value = Samples.Device.Allocate([1]), slope = Samples.Device.Allocate([1, 3]);
        using var batch = new Batch { Features = logits.View(0, logits.Shape), Labels = Samples.Device.AllocateIndices([1], [0]) };
        new LogOddsLoss().Evaluate(logits, batch, 1, value, slope);
        Assert.Equal(margin - Math.Log(2), value.Span[0], 1e-6 * Math.Abs(margin));
        Assert.Equal([1, -0.5f, -0.5f], slope.ToArray());
    }

    [Fact]
    public void DataInf_golden()
    {
        double[] u = DataInfStep([1, 1], [[1, 0], [1, 2]], 0.5);
        Assert.Equal(0.78787879, u[0], 1e-8);
        Assert.Equal(0.90909091, u[1], 1e-8);

        // What it stands for is the inverse of the mean; half is a third of the mean diagonal element of the moment.
        using Tensor gradients = Samples.Device.Allocate([2, 2], [1, 0, 1, 2]), v = Samples.Device.Allocate([1, 2], [1, 1]);
        using Tensor exact = new SecondMoment(gradients, [new ProjectedBlock(-1, 0, 2)], mean: true, damping: 1.0 / 3).Solve(v);
        Assert.Equal(0.54545455, exact.Span[0], 1e-7);
        Assert.Equal(0.18181818, exact.Span[1], 1e-7);
    }

    [Theory]
    [InlineData("mlp", 256)]
    [InlineData("mlp", 5)]
    [InlineData("cnn", 4)]
    public void DataInf_is_the_mean_of_inverses(string kind, int batch)
    {
        using Network network = kind == "mlp" ? Samples.Mlp() : Samples.Cnn();
        Dataset train = kind == "mlp" ? Samples.Random(17, [7], 4, 1) : Samples.Random(6, [2, 6, 6], 3, 1);
        Dataset test = kind == "mlp" ? Samples.Random(4, [7], 4, 2) : Samples.Random(3, [2, 6, 6], 3, 2);
        InfluenceMatrix result = new DataInf(network) { BatchSize = batch }.Compute(train, test).ToMatrix();
        double[][] g = Samples.Gradients(network, train), v = Samples.Gradients(network, test);
        int[][] layers = kind == "mlp" ? [[0, 72], [72, 126], [126, 154]] : [[0, 108], [108, 114], [114, 222], [222, 226], [226, 230], [230, 234], [234, 429]];
        for (int t = 0; t < test.Count; t++)
        {
            for (int j = 0; j < train.Count; j++)
            {
                double expected = 0, scale = 0;
                foreach (int[] layer in layers)
                {
                    double[] Part(double[] x) => x[layer[0]..layer[1]];
                    double lambda = 0.1 * g.Average(x => Part(x).Average(e => e * e));
                    expected += Samples.Dot(DataInfStep(Part(v[t]), [.. g.Select(Part)], lambda), Part(g[j]));
                    scale += Samples.Norm(Part(v[t])) * Samples.Norm(Part(g[j])) / lambda;
                }

                Assert.Equal(expected, result[t, j], 2e-5 * scale);
            }
        }
    }

    /// <summary>u = (1 / (N lambda)) sum_i [v - (v.g_i) / (lambda + ||g_i||^2) g_i].</summary>
    private static double[] DataInfStep(double[] v, double[][] g, double lambda) => [.. v.Select((vk, k) => g.Average(
        gi => (vk - (Samples.Dot(v, gi) / (lambda + Samples.Dot(gi, gi)) * gi[k])) / lambda))];

    private static double[] Solve(double[] matrix, double[] right)
    {
        double[] x = new CholeskySolver([.. matrix], right.Length).Solve(right);

        // The oracle's own residual: the solution is checked, not trusted.
        for (int i = 0; i < x.Length; i++)
        {
            Assert.Equal(right[i], Samples.Dot(matrix[(i * x.Length)..((i + 1) * x.Length)], x), 1e-9 * (1 + Samples.Norm(x)));
        }

        return x;
    }

    private static double[] Difference(Network network, int label)
    {
        float[] w = network.Parameters[0].ToArray();
        return [.. Enumerable.Range(0, 3).Select(k => (double)(w[(label * 3) + k] - w[((1 - label) * 3) + k]))];
    }
}
