using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Tests.Gradients;
using KernelCore.Tests.Models;
using KernelCore.Tests.Training;

namespace KernelCore.Tests.Scoring;

/// <summary>Every score of a data set against its definition, in double.</summary>
public sealed class ScorerTests : IDisposable
{
    private readonly CpuDevice _device = new(2);
    private readonly Dataset _data = Blobs.Create(13, [4], 3);
    private readonly Network _network;

    public ScorerTests() => _network = new Network(_device, [new Linear(4, 5), new Tanh(), new Linear(5, 5) { Frozen = true }, new Softplus(), new Linear(5, 3)], seed: 4);

    public void Dispose()
    {
        _network.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData(256)]
    [InlineData(5)]
    public void Every_score_is_its_definition(int batchSize)
    {
        ScoreTable table = new Scorer(_network).Score(_data, new ScoringOptions
        {
            Scores = ["gwa", "el2n", "grand", "loss", "margin", "entropy", "confidence"],
            BatchSize = batchSize,
        });
        double[][] logits = Logits(out double[][] gradients);
        double[] w = DoubleArrays.Widen(_network.Parameters["4.weight"]), b = DoubleArrays.Widen(_network.Parameters["4.bias"]);
        for (int i = 0; i < _data.Count; i++)
        {
            int y = _data.Labels[i];
            double[] s = logits[i], exp = [.. s.Select(Math.Exp)], p = [.. exp.Select(e => e / exp.Sum())], delta = [.. p.Select((v, c) => v - (c == y ? 1 : 0))];
            double[] z = HeadInput(i);
            double dot = delta.Select((d, c) => d * (s[c] - b[c])).Sum();
            Same("gwa", i, -dot / (GradientOracle.Norm(z) * GradientOracle.Norm(delta) * GradientOracle.Norm(w)));
            Same("el2n", i, GradientOracle.Norm(delta));
            Same("grand", i, GradientOracle.Norm(gradients[i]));
            Same("loss", i, -Math.Log(p[y]));
            Same("margin", i, s[y] - s.Where((_, c) => c != y).Max());
            Same("entropy", i, -p.Sum(v => v * Math.Log(v)));
            Same("confidence", i, p[y]);
            Assert.Equal(Array.IndexOf(s, s.Max()), table.Predictions[i]);
        }

        Assert.Equal(_data.Labels.ToArray(), table.Labels.ToArray());

        void Same(string name, int i, double expected) => Assert.Equal(expected, table.Find(name)!.Values[i], 2e-6 * Math.Max(1, Math.Abs(expected)));
    }

    [Fact]
    public void Full_model_alignment_is_minus_the_cosine_with_the_trainable_weights()
    {
        ScoreTable table = new Scorer(_network).Score(_data, new ScoringOptions { Scores = ["gwa"], Scope = GwaScope.FullModel, BatchSize = 4 });
        Logits(out double[][] gradients);
        double[] w = [.. _network.Parameters.Layout.Parameters.Where(p => p.Trainable).SelectMany(p => DoubleArrays.Widen(_network.Parameters[p.Name]))];
        double[] expected = [.. gradients.Select(g => -GradientOracle.Dot(g, w) / (GradientOracle.Norm(g) * GradientOracle.Norm(w)))];
        AssertClose.Equal(expected, table.Find("gwa")!.Values.Select(v => (float)v), 5e-6, "gwa", 1);
    }

    [Fact]
    public void Alignment_per_layer_has_a_column_for_every_trainable_parameter()
    {
        ScoreTable table = new Scorer(_network).Score(_data, new ScoringOptions { Scores = ["gwa"], Scope = GwaScope.PerLayer });
        Assert.Equal(["gwa:0.weight", "gwa:0.bias", "gwa:4.weight", "gwa:4.bias"], table.Columns.Select(c => c.Name));
        Logits(out double[][] gradients);
        int offset = 0;
        foreach (ParameterInfo parameter in _network.Parameters.Layout.Parameters.Where(p => p.Trainable))
        {
            double[] w = DoubleArrays.Widen(_network.Parameters[parameter.Name]);
            double[][] own = [.. gradients.Select(g => g[offset..(offset + w.Length)])];
            offset += w.Length;
            var expected = own.Select(g => -GradientOracle.Dot(g, w) / (GradientOracle.Norm(g) * GradientOracle.Norm(w)));
            AssertClose.Equal(expected, table.Find($"gwa:{parameter.Name}")!.Values.Select(v => (float)v), 5e-6, parameter.Name, 1);
        }

        // The head's column is the head's own score.
        double[] head = new Scorer(_network).Score(_data, new ScoringOptions { Scores = ["gwa"] }).Find("gwa")!.Values;
        AssertClose.Equal(head, table.Find("gwa:4.weight")!.Values.Select(v => (float)v), 5e-6, "head", 1);
    }

    [Fact]
    public void In_a_ReLU_network_without_biases_every_layer_has_the_same_dot_with_its_gradient()
    {
        // Homogeneity: <grad_Wl, W_l> = <delta, s> for every layer of a piecewise linear network.
        using var network = new Network(_device, [new Linear(4, 9, Bias: false), new ReLU(), new Linear(9, 7, Bias: false), new ReLU(), new Linear(7, 3, Bias: false)], seed: 6);
        using var batch = new Batch { Features = _device.Allocate([6, 4], TestNumbers.Normal(8, 24)), Labels = _device.AllocateIndices([6], [0, 1, 2, 0, 1, 2]) };
        using var engine = new PerSampleEngine(network, new GradientQuery { WeightDots = true });
        using Tensor losses = _device.Allocate([6]);
        IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
        Loss.CrossEntropy.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
        double[] delta = DoubleArrays.Widen(pass.Cotangent), s = DoubleArrays.Widen(pass.Outputs);
        double[] expected = [.. Enumerable.Range(0, 6).Select(i => GradientOracle.Dot(delta[(3 * i)..(3 * (i + 1))], s[(3 * i)..(3 * (i + 1))]))];
        GradientResult result = engine.Evaluate(pass.Backward());
        for (int layer = 0; layer < 3; layer++)
        {
            AssertClose.Equal(expected, result.WeightDots!.Rows[layer].ToArray(), 2e-6, $"layer {layer}");
        }

        AssertClose.Equal(expected.Select(e => 3 * e), result.WeightDots!.Total.ToArray(), 2e-6, "total");
    }

    [Fact]
    public void What_cannot_be_scored_is_refused_by_name()
    {
        void Refused(string expected, Network network, ScoringOptions options, Dataset? data = null)
        {
            var refusal = Assert.ThrowsAny<KernelCoreException>(() => new Scorer(network).Score(data ?? _data, options));
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        }

        using var headless = new Network(_device, [new Linear(4, 3), new Tanh()]);
        Refused("'surprise' is not a score", _network, new ScoringOptions { Scores = ["surprise"] });
        Refused("'aum' is not a score of a single moment", _network, new ScoringOptions { Scores = ["aum"] });
        Refused("needs a model that ends in a linear layer", headless, new ScoringOptions());
        Refused("class count mismatch", _network, new ScoringOptions(), Blobs.Create(5, [4], 4));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => new Scorer(_network).Score(_data, cancellationToken: cancelled.Token));

        ScoreTable wide = new Scorer(headless).Score(_data, new ScoringOptions { Scores = ["gwa", "grand"], Scope = GwaScope.FullModel });
        Assert.All(wide.Columns, c => Assert.All(c.Values, v => Assert.True(double.IsFinite(v))));
    }

    [Fact]
    public void Progress_counts_up_to_one()
    {
        var seen = new List<double>();
        new Scorer(_network).Score(_data, new ScoringOptions { Scores = ["loss"], BatchSize = 5 }, new Sink(seen));
        Assert.Equal([1 / 3.0, 2 / 3.0, 1], seen);
    }

    private double[][] Logits(out double[][] gradients)
    {
        using Batch batch = All();
        var reference = new ReferenceNetwork(_network);
        double[][][] parts = [.. _network.Parameters.Layout.Parameters.Where(p => p.Trainable).Select(p => reference.Gradients(batch, Loss.CrossEntropy, p.Name))];
        gradients = [.. Enumerable.Range(0, _data.Count).Select(i => parts.SelectMany(p => p[i]).ToArray())];
        return reference.Outputs(batch);
    }

    private double[] HeadInput(int sample)
    {
        using Batch batch = All();
        return DoubleArrays.Widen(_network.Forward(batch, ForwardMode.Evaluation).HeadInput!)[(5 * sample)..(5 * (sample + 1))];
    }

    private Batch All() => new()
    {
        Features = _device.Allocate([_data.Count, 4], _data.Features.AsSpan()),
        Labels = _device.AllocateIndices([_data.Count], _data.Labels.AsSpan()),
    };

    private sealed class Sink(List<double> seen) : IProgress<double>
    {
        public void Report(double value) => seen.Add(value);
    }
}
