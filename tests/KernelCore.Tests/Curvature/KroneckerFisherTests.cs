using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Tests.Curvature;

/// <summary>K-FAC and EK-FAC against the dense Fisher matrix in double.</summary>
public sealed class KroneckerFisherTests
{
    /// <summary>
    /// Relative error in Frobenius norm: float32 factors (products of at most 64 terms), eigenvectors rounded once on either side of
    /// four products of at most 16 terms.
    /// </summary>
    private static readonly double Rounding = 2 * (TestNumbers.Gamma(64) + (4 * TestNumbers.Gamma(16)) + TestNumbers.Gamma(8));

    public static TheoryData<string, FisherType, WeightSharing> Cases
    {
        get
        {
            var cases = new TheoryData<string, FisherType, WeightSharing>();
            foreach (string model in (string[])["mlp", "sequence", "convolution", "grouped"])
            {
                foreach (FisherType type in Enum.GetValues<FisherType>())
                {
                    cases.Add(model, type, WeightSharing.Expand);
                    cases.Add(model, type, WeightSharing.Reduce);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ekfac_is_the_nearest_in_its_basis(string name, FisherType type, WeightSharing sharing)
    {
        (Network model, Batch batch) = Case(name);
        using (model)
        using (batch)
        {
            var options = new KfacOptions { Type = type, Sharing = sharing, Draws = 2, Seed = 7 };
            double[,] fisher = DenseFisher.Blocks(model, batch, Loss.CrossEntropy, options);
            using KroneckerFisher kfac = Kfac.Estimate(model, [batch], Loss.CrossEntropy, options);
            using KroneckerFisher ekfac = Ekfac.Estimate(model, [batch], Loss.CrossEntropy, options);
            double[,] approximate = ekfac.ToDense();
            double norm = DenseFisher.Frobenius(fisher), size = DenseFisher.Frobenius(approximate);
            double distance = DenseFisher.Frobenius(fisher, approximate);
            Assert.InRange(distance, 0, DenseFisher.Frobenius(fisher, kfac.ToDense()) + (Rounding * norm));

            // Its eigenvalues are a projection of the Fisher matrix: Pythagoras.
            Assert.Equal(norm * norm, (distance * distance) + (size * size), 4 * Rounding * norm * norm);
            Assert.All(kfac.Eigenvalues.Concat(ekfac.Eigenvalues), v => Assert.True(v >= 0));
        }
    }

    [Theory]
    [InlineData(FisherType.Empirical)]
    [InlineData(FisherType.True)]
    [InlineData(FisherType.TypeI)]
    public void One_sample_is_exact(FisherType type)
    {
        using Network model = DenseFisher.Model(new Linear(4, 5), new Tanh(), new Linear(5, 3, Bias: false));
        using Batch batch = DenseFisher.Samples(1, 3, 4);
        AssertExact(model, batch, new KfacOptions { Type = type });
    }

    [Fact]
    public void Independent_inputs_and_labels_are_exact()
    {
        // Zero weights: backprops depend on the label alone, and every input comes with every label.
        using Network model = DenseFisher.Model(new Linear(4, 3));
        model.Parameters.Flat.Fill(0);
        float[] inputs = TestNumbers.Normal(60, 5 * 4);
        using var batch = new Batch
        {
            Features = model.Device.Allocate([15, 4], [.. inputs, .. inputs, .. inputs]),
            Labels = model.Device.AllocateIndices([15], [.. Enumerable.Range(0, 15).Select(i => i / 5)]),
        };
        AssertExact(model, batch, new KfacOptions { Type = FisherType.Empirical });
    }

    [Fact]
    public void Reducing_is_exact_for_one_sample_of_equal_positions()
    {
        // With a_t = a, the gradient is (sum_t s_t) a^T.
        using Network model = DenseFisher.Model(new Linear(3, 4), new Tanh(), new MeanTokens(), new Linear(4, 3));
        float[] token = TestNumbers.Normal(61, 3);
        using var batch = new Batch
        {
            Features = model.Device.Allocate([1, 4, 3], [.. token, .. token, .. token, .. token]),
            Labels = model.Device.AllocateIndices([1], [2]),
        };
        AssertExact(model, batch, new KfacOptions { Type = FisherType.Empirical, Sharing = WeightSharing.Reduce });
    }

    [Fact]
    public void Type_one_is_the_softmax_covariance_of_a_linear_model()
    {
        using Network model = DenseFisher.Model(new Linear(3, 4));
        using Batch batch = DenseFisher.Samples(1, 4, 3);
        double[] p = Softmax(DoubleArrays.Widen(model.Forward(batch, ForwardMode.Evaluation).Outputs));
        double[] x = [.. DoubleArrays.Widen(batch.Features!), 1];
        using KroneckerFisher fisher = Kfac.Estimate(model, [batch], Loss.CrossEntropy, new KfacOptions { Type = FisherType.TypeI });
        double[,] actual = fisher.ToDense();
        int Index(int o, int j) => j < 3 ? (o * 3) + j : 12 + o;
        for (int o = 0; o < 4; o++)
        {
            for (int r = 0; r < 4; r++)
            {
                for (int j = 0; j < 16; j++)
                {
                    double expected = ((o == r ? p[o] : 0) - (p[o] * p[r])) * x[j / 4] * x[j % 4];
                    Assert.Equal(expected, actual[Index(o, j / 4), Index(r, j % 4)], 8 * Rounding);
                }
            }
        }
    }

    [Fact]
    public void Drawn_labels_tend_to_their_expectation()
    {
        const int Draws = 4000;
        using Network model = DenseFisher.Model(new Linear(2, 3));
        using Batch batch = DenseFisher.Samples(1, 3, 2);
        using KroneckerFisher expected = Kfac.Estimate(model, [batch], Loss.CrossEntropy, new KfacOptions { Type = FisherType.TypeI });
        using KroneckerFisher drawn = Kfac.Estimate(model, [batch], Loss.CrossEntropy, new KfacOptions { Type = FisherType.True, Draws = Draws });

        // Elements of s s^T lie in [-1, 1], those of a a^T below |a|^2: five standard errors of their mean.
        double scale = 1 + DoubleArrays.Widen(batch.Features!).Sum(v => v * v);
        double[,] difference = expected.ToDense(), actual = drawn.ToDense();
        foreach ((int i, int j) in from i in Enumerable.Range(0, 9) from j in Enumerable.Range(0, 9) select (i, j))
        {
            Assert.Equal(difference[i, j], actual[i, j], 5 * scale / Math.Sqrt(Draws));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_inverse_inverts_the_damped_matrix(bool relative)
    {
        (Network model, Batch batch) = Case("grouped");
        using (model)
        using (batch)
        using (KroneckerFisher fisher = Ekfac.Estimate(model, [batch], Loss.CrossEntropy))
        {
            using KroneckerOperator inverse = fisher.Inverse(relative ? Damping.Relative(0.5) : Damping.Absolute(0.25));
            using Tensor x = Symmetric.Normal(62, fisher.Dimension), y = model.Device.Allocate([fisher.Dimension]), z = model.Device.Allocate([fisher.Dimension]);
            inverse.Apply(x, y);
            fisher.Apply(y, z);
            double[] expected = DoubleArrays.Widen(x), actual = DoubleArrays.Widen(z), solved = DoubleArrays.Widen(y);
            int k = 0;
            foreach (KroneckerBlock block in fisher.Blocks)
            {
                double damping = relative ? 0.5 * block.Eigenvalues.Average() : 0.25;
                foreach (int i in Scalars(model, block))
                {
                    double condition = (block.Eigenvalues.Max() + damping) / damping;
                    Assert.Equal(expected[i], actual[i] + (damping * solved[i]), 4 * Rounding * condition * Symmetric.Norm(expected));
                    k++;
                }
            }

            Assert.Equal(fisher.Dimension, k);
        }
    }

    [Fact]
    public void Parameters_without_factors_have_zero_rows()
    {
        using Network model = DenseFisher.Model(new Linear(3, 4) { Frozen = true }, new LayerNorm(4), new Linear(4, 2));
        using Batch batch = DenseFisher.Samples(6, 2, 3);
        using KroneckerFisher fisher = Kfac.Estimate(model, [batch], Loss.CrossEntropy);
        using KroneckerOperator inverse = fisher.Inverse();
        Assert.Equal(["2.weight", "2.bias"], fisher.Parameters.Select(i => model.Parameters.Layout.Parameters[i].Name));
        using Tensor x = Symmetric.Normal(63, fisher.Dimension), y = Symmetric.Normal(64, fisher.Dimension);
        foreach (ILinearOperator each in (ILinearOperator[])[fisher, inverse])
        {
            each.Apply(x, y);
            Assert.All(y.ToArray()[..^10], v => Assert.Equal(0, v));
            Assert.All(y.ToArray()[^10..], v => Assert.True(float.IsFinite(v)));
        }
    }

    [Fact]
    public void A_dead_layer_has_a_zero_inverse()
    {
        using Network model = DenseFisher.Model(new Linear(2, 2));
        using var batch = new Batch { Features = model.Device.Allocate([1, 2]), Labels = model.Device.AllocateIndices([1]) };
        using Network dead = DenseFisher.Model(new Linear(2, 3), new ReLU(), new Linear(3, 2));
        dead.Parameters.Flat.Fill(-1);
        using KroneckerFisher fisher = Kfac.Estimate(dead, [batch], Loss.CrossEntropy);
        using KroneckerOperator inverse = fisher.Inverse(Damping.Relative(0.1));
        using Tensor x = Symmetric.Normal(65, fisher.Dimension), y = dead.Device.Allocate([fisher.Dimension]);
        inverse.Apply(x, y);
        Assert.All(y.ToArray()[..9], v => Assert.Equal(0, v));
    }

    [Fact]
    public void Several_batches_are_one()
    {
        using Network model = DenseFisher.Model(new Linear(3, 3));
        using Batch whole = DenseFisher.Samples(6, 3, 3);
        float[] x = whole.Features!.ToArray();
        int[] labels = whole.Labels!.ToArray();
        using var first = new Batch { Features = model.Device.Allocate([4, 3], x[..12]), Labels = model.Device.AllocateIndices([4], labels[..4]) };
        using var second = new Batch { Features = model.Device.Allocate([2, 3], x[12..]), Labels = model.Device.AllocateIndices([2], labels[4..]) };
        using KroneckerFisher one = Ekfac.Estimate(model, [whole], Loss.CrossEntropy), two = Ekfac.Estimate(model, [first, second], Loss.CrossEntropy);
        double[,] expected = one.ToDense();
        Assert.InRange(DenseFisher.Frobenius(expected, two.ToDense()), 0, Rounding * DenseFisher.Frobenius(expected));
    }

    [Fact]
    public void Refuses_what_has_no_such_matrix()
    {
        using Network model = DenseFisher.Model(new Linear(2, 2));
        using Batch batch = DenseFisher.Samples(2, 2, 2);
        Assert.Contains("softmax", Assert.Throws<KernelCoreException>(() => Kfac.Estimate(model, [batch], Loss.MeanSquaredError)).Message, StringComparison.Ordinal);
        Assert.Contains("sample", Assert.Throws<KernelCoreException>(() => Kfac.Estimate(model, [], Loss.CrossEntropy)).Message, StringComparison.Ordinal);
        model.Parameters.Flat.Fill(float.NaN);
        Assert.Throws<KernelCoreException>(() => Kfac.Estimate(model, [batch], Loss.CrossEntropy));
    }

    private static void AssertExact(Network model, Batch batch, KfacOptions options)
    {
        double[,] fisher = DenseFisher.Blocks(model, batch, Loss.CrossEntropy, options);
        using KroneckerFisher kfac = Kfac.Estimate(model, [batch], Loss.CrossEntropy, options);
        using KroneckerFisher ekfac = Ekfac.Estimate(model, [batch], Loss.CrossEntropy, options);
        double bound = Rounding * DenseFisher.Frobenius(fisher);
        Assert.InRange(DenseFisher.Frobenius(fisher, kfac.ToDense()), 0, bound);
        Assert.InRange(DenseFisher.Frobenius(fisher, ekfac.ToDense()), 0, bound);
    }

    private static (Network Model, Batch Batch) Case(string name) => name switch
    {
        "mlp" => (DenseFisher.Model(new Linear(4, 5), new Tanh(), new Linear(5, 3)), DenseFisher.Samples(8, 3, 4)),
        "sequence" => (DenseFisher.Model(new Linear(3, 4), new Tanh(), new MeanTokens(), new Linear(4, 3)), DenseFisher.Samples(6, 3, 5, 3)),
        "convolution" => (
            DenseFisher.Model(new Conv2d(2, 3, 2, Stride: 2, Padding: 1), new Tanh(), new Flatten(), new Linear(27, 2, Bias: false)), DenseFisher.Samples(5, 2, 2, 4, 4)),
        _ => (
            DenseFisher.Model(new Conv2d(4, 4, 3, Padding: 1, Groups: 2), new Tanh(), new GlobalAvgPool2d(), new Flatten(), new Linear(4, 3)), DenseFisher.Samples(6, 3, 4, 3, 4)),
    };

    private static IEnumerable<int> Scalars(Network model, KroneckerBlock block)
    {
        BlockAddress address = block.Address;
        int weights = address.Rows * address.Columns;
        int weight = (int)model.Parameters.Layout.Parameters[address.Weight].Offset + (address.Group * weights);
        IEnumerable<int> all = Enumerable.Range(weight, weights);
        return address.Bias < 0
            ? all
            : all.Concat(Enumerable.Range((int)model.Parameters.Layout.Parameters[address.Bias].Offset + (address.Group * address.Rows), address.Rows));
    }

    private static double[] Softmax(double[] logits)
    {
        double total = logits.Sum(Math.Exp);
        return [.. logits.Select(v => Math.Exp(v) / total)];
    }
}
