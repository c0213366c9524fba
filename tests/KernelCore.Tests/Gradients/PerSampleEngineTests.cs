using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Tests.Models;

namespace KernelCore.Tests.Gradients;

/// <summary>Every quantity of every layer kind against the oracle, and the contract around it.</summary>
public sealed class PerSampleEngineTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public static TheoryData<string> Names => [.. NetworkCases.All.Select(c => c.Name)];

    public static TheoryData<string> RealValuedNames => [.. NetworkCases.All.Where(c => c.Vocabulary == 0).Select(c => c.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_quantity(string name) => AllQuantities.Check(_device, name);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_has_the_same_gradient_alone_and_in_a_batch(string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        using Network network = c.Build(_device);
        using var engine = new PerSampleEngine(network, Queries.Everything);
        using Batch batch = c.Batch(_device, 3), one = c.Batch(_device, 1), none = c.Batch(_device, 0);

        // The first sample of every batch is drawn alike, its label too.
        float[] norms = engine.Evaluate(batch, c.Objective).SquaredNorms!.Total.ToArray();
        GradientResult alone = engine.Evaluate(one, c.Objective);
        AssertClose.Equal([norms[0]], alone.SquaredNorms!.Total.ToArray(), 1e-5, name, 1e-6);
        AssertClose.Equal([norms[0]], alone.Gram!.ToArray(), 1e-5, name, 1e-6);

        GradientResult empty = engine.Evaluate(none, c.Objective);
        Assert.Equal(0, empty.Batch);
        Assert.All(empty.Sum!.Flat.ToArray(), v => Assert.Equal(0, v));
        Assert.All(empty.ClippedSum!.Flat.ToArray(), v => Assert.Equal(0, v));
        Assert.All(empty.SquaredSum!.Flat.ToArray(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void Per_sample_gradients_under_dropout_are_those_of_the_drawn_mask()
    {
        NetworkCase c = NetworkCases.Find("dropout");
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 3);
        using var engine = new PerSampleEngine(network, Queries.Everything);
        for (ulong pass = 1; pass <= 2; pass++)
        {
            GradientResult result = engine.Evaluate(network.Forward(batch, ForwardMode.Training), batch, c.Objective);
            var reference = new ReferenceNetwork(network, training: true, NetworkCase.Seed, pass);
            for (int k = 0; k < network.Parameters.Layout.Parameters.Count; k++)
            {
                string name = network.Parameters.Layout.Parameters[k].Name;
                AssertClose.Equal(reference.Gradients(batch, c.Objective, name).SelectMany(g => g), result.Gradients![k].ToArray(), 2e-5, $"{name}, pass {pass}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(RealValuedNames))]
    public void NaN_stays_with_its_sample(string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        using Network network = c.Build(_device);
        using var engine = new PerSampleEngine(network, Queries.Everything);
        using Batch batch = c.Batch(_device, 3);
        GradientResult result = engine.Evaluate(batch, c.Objective);
        float[] norms = result.SquaredNorms!.Total.ToArray(), dots = result.WeightDots!.Total.ToArray(), gram = result.Gram!.ToArray();
        int size = (int)batch.Features!.Count / 3;
        batch.Features.Span.Slice(size, size).Fill(float.NaN);
        result = engine.Evaluate(batch, c.Objective);
        norms[1] = dots[1] = float.NaN;
        Assert.Equal(norms, result.SquaredNorms!.Total.ToArray());
        Assert.Equal(dots, result.WeightDots!.Total.ToArray());
        Assert.True(float.IsNaN(result.Cosines!.Total.ToArray()[1]));
        Assert.True(float.IsNaN(result.ClipCoefficients!.ToArray()[1]));
        Assert.Equal(gram.Select((v, ij) => ij / 3 == 1 || ij % 3 == 1 ? float.NaN : v), result.Gram!.ToArray());
    }

    [Fact]
    public void Soft_labels_and_the_labels_they_generalise()
    {
        NetworkCase c = NetworkCases.Find("layer norm");
        using Network network = c.Build(_device);
        using var engine = new PerSampleEngine(network, Queries.Everything);
        using Batch hard = c.Batch(_device, 3);
        using var soft = new Batch { Features = hard.Features, Targets = _device.Allocate([3, 3], [0.2f, 0.5f, 0.3f, 1, 0, 0, 0.1f, 0.4f, 0.2f]) };
        float[][] actual = [.. engine.Evaluate(soft, Loss.CrossEntropy).Gradients!.Select(g => g.ToArray())];
        var reference = new ReferenceNetwork(network);
        for (int k = 0; k < actual.Length; k++)
        {
            string name = network.Parameters.Layout.Parameters[k].Name;
            AssertClose.Equal(reference.Gradients(soft, Loss.CrossEntropy, name).SelectMany(g => g), actual[k], 2e-5, name);
        }

        soft.Targets.CopyFrom([.. hard.Labels!.ToArray().SelectMany(y => Enumerable.Range(0, 3).Select(o => o == y ? 1f : 0f))]);
        float[] oneHot = engine.Evaluate(soft, Loss.CrossEntropy).Sum!.Flat.ToArray();
        AssertClose.Equal(DoubleArrays.Widen(engine.Evaluate(hard, Loss.CrossEntropy).Sum!.Flat), oneHot, 1e-6, "one-hot");
    }

    [Fact]
    public void The_batch_gradient_flows_through_batch_statistics_in_training()
    {
        NetworkCase c = NetworkCases.Find("batch norm");
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 4);
        using Tensor losses = _device.Allocate([4]);
        IForwardPass pass = network.Forward(batch, ForwardMode.Training);
        c.Objective.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
        var reference = new ReferenceNetwork(network, training: true);
        foreach (ParameterUses parameter in pass.Backward().Parameters)
        {
            string name = network.Parameters.Layout.Parameters[parameter.Parameter].Name;
            using Tensor sum = _device.Allocate(network.Parameters[parameter.Parameter].Shape);
            _device.Kernels.PerSample.WeightedSum(parameter.Uses, parameter.Role, null, 0, sum);
            double[][] own = reference.Gradients(batch, c.Objective, name);

            // A bias before batch statistics has no gradient: what its terms are of the order of counts.
            double size = Math.Max(0.1, own.Max(GradientOracle.Norm));
            AssertClose.Equal(Enumerable.Range(0, (int)sum.Count).Select(e => own.Sum(g => g[e])), sum.ToArray(), 5e-5, name, size);
        }
    }

    [Theory]
    [InlineData(1e6)]
    [InlineData(1e-6)]
    public void Clipping_far_above_and_far_below_every_norm(double clip)
    {
        NetworkCase c = NetworkCases.Find("conv2d");
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 5);
        using var engine = new PerSampleEngine(network, new GradientQuery { ClipNorm = clip, Sum = true });
        GradientResult result = engine.Evaluate(batch, c.Objective);
        double[] norms = [.. result.SquaredNorms!.Total.ToArray().Select(n => Math.Sqrt(n))];
        if (clip > 1)
        {
            Assert.All(result.ClipCoefficients!.ToArray(), v => Assert.Equal(1, v));
            AssertClose.Equal(DoubleArrays.Widen(result.Sum!.Flat), result.ClippedSum!.Flat.ToArray(), 1e-6, "clipped sum");
        }
        else
        {
            AssertClose.Equal(norms.Select(n => clip / n), result.ClipCoefficients!.ToArray(), 1e-6, "coefficients", 0);
        }
    }

    [Fact]
    public void A_norm_that_equals_the_clip_norm_is_not_scaled()
    {
        // z = (3, 4), one output: the gradient of (s - t)^2 is 2 (s - t) z, of norm exactly 10 for s - t = 1.
        using var network = new Network(_device, [new Linear(2, 1, Bias: false)]);
        network.Parameters.Flat.CopyFrom([1, 0]);
        using var batch = new Batch { Features = _device.Allocate([2, 2], [3, 4, 6, 8]), Targets = _device.Allocate([2, 1], [2, 5]) };
        using var engine = new PerSampleEngine(network, new GradientQuery { ClipNorm = 10 });
        GradientResult result = engine.Evaluate(batch, Loss.MeanSquaredError);
        Assert.Equal([100, 400], result.SquaredNorms!.Total.ToArray());
        Assert.Equal([1, 0.5f], result.ClipCoefficients!.ToArray());
        Assert.Equal([12, 16], result.ClippedSum!.Flat.ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_Gram_matrix_is_symmetric_with_the_norms_on_its_diagonal(string name)
    {
        NetworkCase c = NetworkCases.Find(name);
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 7);
        using var engine = new PerSampleEngine(network, new GradientQuery { Gram = true, Norms = true });
        GradientResult result = engine.Evaluate(batch, c.Objective);
        float[] gram = result.Gram!.ToArray(), norms = result.SquaredNorms!.Total.ToArray();
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal(norms[i], gram[i * 8], 1e-5f * norms.Max());
            for (int j = 0; j < 7; j++)
            {
                Assert.Equal(gram[(i * 7) + j], gram[(j * 7) + i]);

                // Cauchy and Schwarz, up to rounding: every 2 x 2 minor of a positive semi-definite matrix.
                Assert.True(Math.Abs(gram[(i * 7) + j]) <= Math.Sqrt(gram[i * 8] * (double)gram[j * 8]) + (1e-5 * norms.Max()));
            }
        }
    }

    [Fact]
    public void Everything_frozen_gives_zeros_of_the_right_size()
    {
        using var network = new Network(_device, [new Linear(3, 4) { Frozen = true }, new Tanh(), new Linear(4, 2) { Frozen = true }]);
        using var batch = new Batch { Features = _device.Allocate([5, 3]), Labels = _device.AllocateIndices([5]) };
        using var engine = new PerSampleEngine(network, Queries.Everything);
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        Assert.Equal(5, result.Batch);
        Assert.Equal(new float[5], result.SquaredNorms!.Total.ToArray());
        Assert.Equal(new float[5], result.Cosines!.Total.ToArray());
        Assert.Equal(new float[25], result.Gram!.ToArray());
        Assert.Equal([1, 1, 1, 1, 1], result.ClipCoefficients!.ToArray());
    }

    [Fact]
    public void Only_what_was_asked_for_is_there()
    {
        using var network = new Network(_device, [new Linear(3, 2)]);
        using var batch = new Batch { Features = _device.Allocate([4, 3]), Labels = _device.AllocateIndices([4]) };
        using var engine = new PerSampleEngine(network, new GradientQuery { Norms = true });
        GradientResult result = engine.Evaluate(batch, Loss.CrossEntropy);
        Assert.NotNull(result.SquaredNorms);
        Assert.Null(result.WeightDots);
        Assert.Null(result.Cosines);
        Assert.Null(result.DirectionDots);
        Assert.Null(result.ClippedSum);
        Assert.Null(result.Gram);
        Assert.Null(result.SquaredSum);
        Assert.Null(result.Sum);
        Assert.Null(result.Gradients);
    }

    [Fact]
    public void Nothing_of_the_size_of_batch_times_parameters_is_stored()
    {
        using var device = new CountingDevice(_device);
        using var network = new Network(device, [new Linear(64, 256), new ReLU(), new Linear(256, 10)]);
        using var batch = new Batch { Features = device.Allocate([32, 64], TestNumbers.Normal(1, 32 * 64)), Labels = device.AllocateIndices([32]) };
        device.Largest = 0;
        using var engine = new PerSampleEngine(network, Queries.Everything with { Materialise = false });
        engine.Evaluate(batch, Loss.CrossEntropy);
        long parameters = network.Parameters.Layout.Count;
        Assert.InRange(device.Largest, parameters, parameters);
    }

    [Fact]
    public void Impossible_queries_are_refused()
    {
        using var network = new Network(_device, [new Linear(3, 2)]);
        using var other = new Network(_device, [new Linear(3, 3)]);
        foreach (double clip in (double[])[0, -1, double.NaN])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new PerSampleEngine(network, new GradientQuery { ClipNorm = clip }));
        }

        Assert.Throws<ArgumentException>(() => new PerSampleEngine(network, new GradientQuery { Direction = other.Parameters }));
        using var engine = new PerSampleEngine(network.Parameters, new GradientQuery { Norms = true });
        using var batch = new Batch { Features = _device.Allocate([4, 3]), Labels = _device.AllocateIndices([4]) };
        Assert.Throws<InvalidOperationException>(() => engine.Evaluate(batch, Loss.CrossEntropy));
    }

    [Fact]
    public void Labels_and_targets_have_to_fit_the_outputs()
    {
        using var network = new Network(_device, [new Linear(3, 2)]);
        using var engine = new PerSampleEngine(network, new GradientQuery { Norms = true });
        void Refused(Loss loss, string expected, int[]? labels = null, Shape? targets = null)
        {
            using var batch = new Batch
            {
                Features = _device.Allocate([4, 3]),
                Labels = labels is null ? null : _device.AllocateIndices([labels.Length], labels),
                Targets = targets is { } shape ? _device.Allocate(shape) : null,
            };
            Assert.Contains(expected, Assert.Throws<KernelCoreException>(() => engine.Evaluate(batch, loss)).Message, StringComparison.Ordinal);
        }

        Refused(Loss.CrossEntropy, "[3]", labels: [0, 1, 0]);
        Refused(Loss.CrossEntropy, "[5]", labels: [0, 1, 0, 1, 0]);
        Refused(Loss.CrossEntropy, "label 2 at position 3", labels: [0, 1, 0, 2]);
        Refused(Loss.CrossEntropy, "label -1 at position 0", labels: [-1, 1, 0, 1]);
        Refused(Loss.CrossEntropy, "neither");
        Refused(Loss.CrossEntropy, "[4, 3]", targets: [4, 3]);
        Refused(Loss.MeanSquaredError, "[3, 2]", targets: [3, 2]);
        Refused(Loss.MeanSquaredError, "needs targets", labels: [0, 1, 0, 1]);
    }
}
