using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Curvature;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class InfluenceFunctionTests
{
    private const double Added = 0.05;

    // Products of float32 gradients summed over samples and layers of at most this many terms, and the tolerance of a solve.
    private const double Rounding = 128 * 6e-8, Residual = 1e-5;

    private static readonly Damping Damping = Damping.Absolute(Added);

    [Theory]
    [InlineData("if-dense")]
    [InlineData("if-cg")]
    [InlineData("if-lissa")]
    public void Solvers_match_the_empirical_fisher_in_double(string solver)
    {
        using Network network = Samples.Mlp();
        Dataset train = Samples.Random(23, [7], 4, 1), test = Samples.Random(9, [7], 4, 2);
        var method = new InfluenceFunction(network, Solver(solver, Damping, CurvatureKind.EmpiricalFisher));
        double[][] g = Samples.Gradients(network, train), v = Samples.Gradients(network, test);
        double[,] fisher = new double[g[0].Length, g[0].Length];
        foreach (double[] one in g)
        {
            for (int a = 0; a < one.Length; a++)
            {
                for (int b = 0; b < one.Length; b++)
                {
                    fisher[a, b] += one[a] * one[b] / g.Length;
                }
            }
        }

        AssertSolved(fisher, g, v, method.Compute(train, test).ToMatrix());
        Assert.InRange(method.LargestResidual, 0, Residual);
        double[] self = method.SelfInfluence(train);
        InfluenceMatrix onItself = method.Compute(train, train).ToMatrix();
        Assert.All(Enumerable.Range(0, train.Count), i => Assert.Equal(onItself[i, i], self[i], 4 * Rounding * self[i]));
    }

    [Theory]
    [InlineData("mlp", "if-dense", CurvatureKind.GaussNewton)]
    [InlineData("mlp", "if-cg", CurvatureKind.GaussNewton)]
    [InlineData("cnn", "if-cg", CurvatureKind.GaussNewton)]
    [InlineData("cnn", "if-lissa", CurvatureKind.GaussNewton)]
    [InlineData("mlp", "if-dense", CurvatureKind.Hessian)]
    [InlineData("mlp", "if-cg", CurvatureKind.Hessian)]
    public void Solvers_match_the_dense_solution_in_double(string kind, string solver, CurvatureKind matrix)
    {
        using Network network = kind == "mlp" ? Samples.Mlp() : Samples.Cnn();
        Shape shape = kind == "mlp" ? [7] : [2, 6, 6];
        int classes = kind == "mlp" ? 4 : 3;
        Dataset train = Samples.Random(19, shape, classes, 1), test = Samples.Random(5, shape, classes, 2);
        using var objective = new Objective(network, Loss.CrossEntropy, train, 19);
        using CurvatureOperator curvature = CurvatureOperator.Of(matrix, objective);
        double[,] dense = curvature.ToDense();
        double added = Added + Math.Max(0, -Symmetric.Eigenvalues(dense).Min());
        var method = new InfluenceFunction(network, Solver(solver, Damping.Absolute(added), matrix)) { BatchSize = 8 };
        AssertSolved(dense, Samples.Gradients(network, train), Samples.Gradients(network, test), method.Compute(train, test).ToMatrix(), added);
    }

    [Fact]
    public void Arnoldi_with_all_steps_is_the_pseudo_inverse()
    {
        // Softmax regression on all of its Krylov space; the eigenvalues that the softmax and the data leave at zero stay out.
        using var network = new Network(Samples.Device, [new Linear(3, 3, Bias: false)], seed: 2);
        Dataset train = Samples.Random(30, [3], 3, 1), test = Samples.Random(4, [3], 3, 2);
        using var objective = new Objective(network, Loss.CrossEntropy, train, 30);
        double[,] dense = new GaussNewtonOperator(objective).ToDense();
        double[][] g = Samples.Gradients(network, train), v = Samples.Gradients(network, test);
        InfluenceMatrix actual = new InfluenceFunction(network, InverseCurvature.Arnoldi(9, 6)).Compute(train, test).ToMatrix();

        // Gradients have no part in the null space: a small damping gives the same but for damping / smallest eigenvalue.
        const double small = 1e-7;
        double smallest = Symmetric.Eigenvalues(dense).Order().ElementAt(3);
        for (int k = 0; k < 9; k++)
        {
            dense[k, k] += small;
        }

        for (int t = 0; t < test.Count; t++)
        {
            double[] solved = Symmetric.Solve(dense, v[t]);
            for (int i = 0; i < train.Count; i++)
            {
                double scale = Samples.Norm(v[t]) * Samples.Norm(g[i]) / smallest;
                Assert.Equal(Samples.Dot(solved, g[i]), actual[t, i], ((small / smallest) + (Rounding / smallest)) * scale);
            }
        }
    }

    [Theory]
    [InlineData("mlp", false)]
    [InlineData("mlp", true)]
    [InlineData("cnn", true)]
    [InlineData("tokens", true)]
    [InlineData("twice", true)]
    public void Kronecker_factors_match_their_dense_inverse(string kind, bool corrected)
    {
        // Grouped convolutions, parameters without a block, several positions, a weight used twice.
        (Network network, Shape shape, int classes) = kind switch
        {
            "mlp" => (Samples.Mlp(), Shape.Of(7), 4),
            "cnn" => (Samples.Cnn(), Shape.Of(2, 6, 6), 3),
            "tokens" => (new Network(Samples.Device, [new Linear(4, 5), new Tanh(), new MeanTokens(), new Linear(5, 3)], seed: 3), Shape.Of(3, 4), 3),
            _ => (new Network(Samples.Device, [new Linear(5, 5), new Tanh(), new Reuse("0"), new Sigmoid(), new Linear(5, 3)], seed: 3), Shape.Of(5), 3),
        };
        using (network)
        {
            Dataset train = Samples.Random(17, shape, classes, 1), test = Samples.Random(6, shape, classes, 2);
            var options = new KfacOptions { Seed = 4 };
            using Batch all = Samples.Batch(network, train);
            using KroneckerFisher fisher = corrected
                ? Ekfac.Estimate(network, [all], Loss.CrossEntropy, options) : Kfac.Estimate(network, [all], Loss.CrossEntropy, options);
            using KroneckerOperator inverse = fisher.Inverse();
            double[,] dense = inverse.ToDense();
            double largest = Symmetric.Norm(dense);
            double[][] g = Samples.Gradients(network, train), v = Samples.Gradients(network, test);
            var method = new InfluenceFunction(network, corrected ? InverseCurvature.Ekfac(options: options) : InverseCurvature.Kfac(options: options)) { BatchSize = 5 };
            InfluenceMatrix actual = method.Compute(train, test).ToMatrix();
            for (int t = 0; t < test.Count; t++)
            {
                double[] solved = Symmetric.Multiply(dense, v[t]);
                for (int i = 0; i < train.Count; i++)
                {
                    // Factors summed in another grouping of the batches, twice: in the eigenvectors and in the products.
                    Assert.Equal(Samples.Dot(solved, g[i]), actual[t, i], 2 * Rounding * largest * Samples.Norm(v[t]) * Samples.Norm(g[i]));
                }
            }
        }
    }

    [Fact]
    public void One_sample_is_sherman_morrison()
    {
        // K-FAC of one sample is exact: (g g^T + d I)^-1 v = (v - g (g.v) / (d + g.g)) / d.
        using var network = new Network(Samples.Device, [new Linear(4, 3)], seed: 3);
        Dataset train = Samples.Random(1, [4], 3, 1), test = Samples.Random(5, [4], 3, 2);
        double[] g = Samples.Gradients(network, train)[0];
        var options = new KfacOptions { Type = FisherType.Empirical };
        foreach (InverseCurvature inverse in new[] { InverseCurvature.Kfac(Damping, options), InverseCurvature.Ekfac(Damping, options) })
        {
            InfluenceMatrix actual = new InfluenceFunction(network, inverse).Compute(train, test).ToMatrix();
            double[][] v = Samples.Gradients(network, test);
            Assert.All(Enumerable.Range(0, test.Count), t => Assert.Equal(
                Samples.Dot(g, v[t]) / (Added + Samples.Dot(g, g)), actual[t, 0], Rounding * Samples.Norm(g) * Samples.Norm(v[t]) / Added));
        }
    }

    [Theory]
    [InlineData(RelativeInfluence.Loss, "relatif")]
    [InlineData(RelativeInfluence.Parameters, "relatif-theta")]
    public void Relative_influence_divides_by_the_sample(RelativeInfluence relative, string name)
    {
        using Network network = Samples.Mlp();
        Dataset train = Samples.Random(12, [7], 4, 1), test = Samples.Random(5, [7], 4, 2);
        InverseCurvature inverse = InverseCurvature.Dense(Damping);
        var plain = new InfluenceFunction(network, inverse);
        var method = new InfluenceFunction(network, inverse) { Relative = relative };
        Assert.Equal(name, method.Name);
        using var objective = new Objective(network, Loss.CrossEntropy, train, 12);
        double[,] dense = new GaussNewtonOperator(objective).ToDense();
        for (int k = 0; k < objective.Dimension; k++)
        {
            dense[k, k] += Added;
        }

        double[] divisors = [.. Samples.Gradients(network, train).Select(g =>
        {
            double[] solved = Symmetric.Solve(dense, g);
            return relative == RelativeInfluence.Loss ? Math.Sqrt(Samples.Dot(solved, g)) : Samples.Norm(solved);
        })];
        InfluenceMatrix expected = plain.Compute(train, test).ToMatrix(), actual = method.Compute(train, test).ToMatrix();
        double[] self = method.SelfInfluence(train), plainSelf = plain.SelfInfluence(train);
        for (int i = 0; i < train.Count; i++)
        {
            Assert.Equal(plainSelf[i] / divisors[i], self[i], Rounding / Added * self[i]);
            Assert.All(Enumerable.Range(0, test.Count), t => Assert.Equal(
                expected[t, i] / divisors[i], actual[t, i], Rounding / Added * Math.Abs(actual[t, i])));
        }
    }

    [Fact]
    public void Leaving_one_out_of_ridge_regression_is_exact()
    {
        // Koh and Liang: the step of leaving i out is H^-1 g_i / (1 - h_i) with h_i = x_i^T H^-1 x_i, H the Hessian of the sum.
        const int n = 30, d = 4, classes = 3;
        const double ridge = 0.1;
        Dataset train = Samples.Random(n, [d], classes, 1), test = Samples.Random(5, [d], classes, 2);
        double[][] x = [.. Enumerable.Range(0, n).Select(i => train.Sample(i).ToArray().Select(f => (double)f).ToArray())];
        double[][] whole = Ridge(x, train.Labels, leftOut: -1);
        using var network = new Network(Samples.Device, [new Linear(d, classes, Bias: false)]);
        network.Parameters.Flat.CopyFrom([.. whole.SelectMany(w => w).Select(w => (float)w)]);
        var method = new InfluenceFunction(network, InverseCurvature.Dense(Damping.Absolute(ridge))) { Loss = new OneHotError() };
        InfluenceMatrix influence = method.Compute(train, test).ToMatrix();
        double[][] gradients = Samples.Gradients(network, test, new OneHotError());
        double[,] hessian = Hessian(x, leftOut: -1);
        for (int i = 0; i < n; i++)
        {
            double leverage = Samples.Dot(x[i], Symmetric.Solve(hessian, x[i]));
            double[] step = [.. Ridge(x, train.Labels, i).SelectMany(w => w).Zip(whole.SelectMany(w => w), (without, with) => without - with)];
            for (int t = 0; t < test.Count; t++)
            {
                double scale = Samples.Norm(gradients[t]) * Samples.Norm(step);
                Assert.Equal(Samples.Dot(gradients[t], step), influence[t, i] / n / (1 - leverage), (Rounding / ridge * scale) + 1e-7);
            }
        }

        double[][] Ridge(double[][] inputs, IReadOnlyList<int> labels, int leftOut) => [.. Enumerable.Range(0, classes).Select(c =>
        {
            var right = new double[d];
            for (int i = 0; i < n; i++)
            {
                for (int a = 0; a < d; a++)
                {
                    right[a] += i != leftOut && labels[i] == c ? inputs[i][a] : 0;
                }
            }

            return Symmetric.Solve(Hessian(inputs, leftOut), right);
        })];

        static double[,] Hessian(double[][] inputs, int leftOut)
        {
            var sum = new double[d, d];
            for (int a = 0; a < d; a++)
            {
                for (int b = 0; b < d; b++)
                {
                    sum[a, b] = Enumerable.Range(0, n).Where(i => i != leftOut).Sum(i => inputs[i][a] * inputs[i][b]) + (a == b ? n * ridge : 0);
                }
            }

            return sum;
        }
    }

    [Fact]
    public void Tiles_and_threads_do_not_change_the_matrix()
    {
        Dataset train = Samples.Random(40, [7], 4, 1), test = Samples.Random(11, [7], 4, 2);
        foreach (InverseCurvature inverse in new[] { InverseCurvature.Ekfac(), InverseCurvature.ConjugateGradient() })
        {
            float[][] all = [.. new[] { 1, 3 }.Select(threads =>
            {
                using var device = new CpuDevice(threads);
                using Network network = Samples.Mlp(device);
                return new InfluenceFunction(network, inverse) { BatchSize = 16 }.Compute(train, test).ToMatrix().Values;
            })];
            Assert.Equal(all[0], all[1]);
            using Network model = Samples.Mlp();

            // Three solutions a tile; captures of all training samples are more than may be held, so products go by batches.
            var parts = new InfluenceFunction(model, inverse) { BatchSize = 16, HeldBytes = 3 * sizeof(float) * model.Parameters.Layout.Count };
            Assert.Equal([0, 3, 6, 9], parts.Compute(train, test).Select(t => t.TestStart));
            float scale = all[0].Max(Math.Abs);
            Assert.All(all[0].Zip(parts.Compute(train, test).ToMatrix().Values), pair => Assert.Equal(pair.First, pair.Second, 1e-3 * scale));
        }
    }

    [Fact]
    public void A_sample_without_gradient_has_no_influence()
    {
        // A certain prediction: the cotangent is exactly zero.
        using var network = new Network(Samples.Device, [new Linear(2, 2, Bias: false)]);
        network.Parameters.Flat.CopyFrom([100, 0, 0, 100]);
        var data = new Dataset("certain", [2], [10, 0, 0.01f, 0.02f], [0, 1], Dataset.NumberedClasses(2));
        foreach (RelativeInfluence relative in Enum.GetValues<RelativeInfluence>())
        {
            var method = new InfluenceFunction(network, InverseCurvature.Dense(Damping)) { Relative = relative };
            Assert.Equal(0, method.SelfInfluence(data)[0]);
            Assert.Equal(0, method.Compute(data, data).ToMatrix()[1, 0]);
        }
    }

    [Fact]
    public void Progress_ends_at_one()
    {
        using Network network = Samples.Mlp();
        Dataset train = Samples.Random(10, [7], 4, 1), test = Samples.Random(4, [7], 4, 2);
        foreach (RelativeInfluence relative in new[] { RelativeInfluence.None, RelativeInfluence.Loss })
        {
            var reports = new List<double>();
            _ = new InfluenceFunction(network, InverseCurvature.Kfac()) { Relative = relative }.Compute(train, test, new Recorder(reports)).ToMatrix();
            Assert.Equal(reports.Order(), reports);
            Assert.Equal(1, reports[^1], 1e-12);
        }
    }

    [Fact]
    public void An_indefinite_hessian_asks_for_damping()
    {
        using Network network = Samples.Mlp();
        Dataset data = Samples.Random(20, [7], 4, 1);
        foreach (InverseCurvature inverse in new[]
        {
            InverseCurvature.ConjugateGradient(Damping.Absolute(0), CurvatureKind.Hessian), InverseCurvature.Dense(Damping.Absolute(0), CurvatureKind.Hessian),
        })
        {
            var error = Assert.Throws<KernelCoreException>(() => new InfluenceFunction(network, inverse).SelfInfluence(data));
            Assert.Contains("damping", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_large_model_has_no_dense_inverse()
    {
        using var network = new Network(Samples.Device, [new Linear(100, 60)]);
        var error = Assert.Throws<KernelCoreException>(() => new InfluenceFunction(network, InverseCurvature.Dense()).SelfInfluence(Samples.Random(2, [100], 60, 1)));
        Assert.Contains("4096", error.Message, StringComparison.Ordinal);
    }

    private static InverseCurvature Solver(string name, Damping damping, CurvatureKind kind) => name switch
    {
        "if-dense" => InverseCurvature.Dense(damping, kind),
        "if-cg" => InverseCurvature.ConjugateGradient(damping, kind),
        _ => InverseCurvature.Lissa(damping, kind, new LissaOptions { MaxIterations = 20_000, Tolerance = 1e-7 }),
    };

    /// <summary>A residual r of the solve is an error of at most |r| |g_i| / damping, an error E of the matrix one of |E| / damping of the result's bound.</summary>
    private static void AssertSolved(double[,] matrix, double[][] g, double[][] v, InfluenceMatrix actual, double added = Added)
    {
        double bound = (Residual + (Rounding * (1 + (Symmetric.Norm(matrix) / Added)))) / Added;
        for (int k = 0; k < matrix.GetLength(0); k++)
        {
            matrix[k, k] += added;
        }

        for (int t = 0; t < v.Length; t++)
        {
            double[] solved = Symmetric.Solve(matrix, v[t]);
            for (int i = 0; i < g.Length; i++)
            {
                Assert.Equal(Samples.Dot(solved, g[i]), actual[t, i], bound * Samples.Norm(v[t]) * Samples.Norm(g[i]));
            }
        }
    }

    private sealed class Recorder(List<double> reports) : IProgress<double>
    {
        public void Report(double value) => reports.Add(value);
    }

    /// <summary>Half the squared distance of the outputs from the label's unit vector: least squares on classes.</summary>
    private sealed class OneHotError : Loss
    {
        public override string Name => "one-hot error";

        public override void Evaluate(Tensor outputs, Batch batch, float scale, Tensor loss, Tensor cotangent)
        {
            float[] values = outputs.ToArray();
            int classes = outputs.Shape[1];
            int[] labels = batch.Labels!.ToArray();
            for (int i = 0; i < labels.Length; i++)
            {
                values[(i * classes) + labels[i]] -= 1;
            }

            loss.CopyFrom([.. Enumerable.Range(0, labels.Length).Select(i => values.Skip(i * classes).Take(classes).Sum(v => v * v) / 2)]);
            cotangent.CopyFrom(Array.ConvertAll(values, v => scale * v));
        }

        public override void Curvature(Tensor outputs, Batch batch, float scale, Tensor r, Tensor result) =>
            result.CopyFrom(Array.ConvertAll(r.ToArray(), v => scale * v));
    }
}
