using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;

namespace KernelCore.Tests.Scoring;

/// <summary>Golden numbers of the alignment score through a network's own head.</summary>
public sealed class HeadScorerTests : IDisposable
{
    private static readonly float[] Weight = [1, 0, -1, 0, 2, 1, -1, 1, 0.5f], Bias = [0.1f, -0.2f, 0.3f], Inputs = [1, 2, 0, 0, -1, 1, 2, 0, 1, 0.5f, 0.5f, 0.5f];
    private static readonly int[] Labels = [1, 0, 0, 2];
    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(ScoreMode.Exact)]
    [InlineData(ScoreMode.Reference)]
    public void Three_classes_with_bias(ScoreMode mode)
    {
        using Network head = Head([.. Weight, .. Bias], new Linear(3, 3));
        float[] gamma = Score(head, Inputs, Labels, mode, HeadQuantity.Gwa);
        AssertClose.Equal([0.3595852912, -0.0670438015, 0.0327523880, -0.2673037753], gamma, 1e-6, "gamma");
        AssertClose.Equal([0.1593550577, 0.9299751260, 0.6112120311, 0.9407513290], Score(head, Inputs, Labels, mode, HeadQuantity.El2n), 1e-6, "EL2N");
        AssertClose.Equal([Math.Sqrt(5), Math.Sqrt(2), Math.Sqrt(5), Math.Sqrt(0.75)], Score(head, Inputs, Labels, mode, HeadQuantity.InputNorm), 1e-6, "||z||");

        var epoch = new GwaAccumulator();
        epoch.Add(gamma);
        GwaEpoch closed = epoch.CloseEpoch();
        Assert.Equal(0.0144975256, closed.Mean, 1e-7);
        Assert.Equal(-1.0548543089, closed.ExcessKurtosis, 1e-5);
        Assert.Equal(0.0998825764, closed.Value, 1e-5);
    }

    [Fact]
    public void The_bias_as_one_more_column_gives_the_bias_inclusive_score()
    {
        float[] weight = [.. Enumerable.Range(0, 3).SelectMany(c => Weight[(3 * c)..(3 * (c + 1))].Append(Bias[c]))];
        float[] inputs = [.. Inputs.Chunk(3).SelectMany(z => z.Append(1))];
        using Network head = Head(weight, new Linear(4, 3, Bias: false));
        AssertClose.Equal(
            [0.2812764954, -0.0640715430, 0.0536133904, -0.0908495382], Score(head, inputs, Labels, ScoreMode.Exact, HeadQuantity.Gwa), 1e-6, "gamma");
    }

    [Fact]
    public void Large_margins_keep_their_digits_only_in_exact_mode()
    {
        using Network head = Head([1, 0.2f, -0.3f, 1, -0.7f, -1.2f, 0, 0, 0], new Linear(2, 3));
        float[] inputs = [14, 1.4f, 100, 10];
        AssertClose.Equal([0.426084, 0.426011], Score(head, inputs, [0, 0], ScoreMode.Exact, HeadQuantity.Gwa), 2e-6, "exact");
        float[] reference = Score(head, inputs, [0, 0], ScoreMode.Reference, HeadQuantity.Gwa);
        Assert.InRange(reference[0], 0.05f, 0.2f);
        Assert.Equal(0, reference[1]);
    }

    [Fact]
    public void A_model_without_a_linear_head_has_no_alignment()
    {
        using var network = new Network(_device, [new Linear(3, 3), new Tanh()]);
        Assert.All(Score(network, Inputs, Labels, ScoreMode.Exact, HeadQuantity.Gwa), v => Assert.True(float.IsNaN(v)));
        Assert.All(Score(network, Inputs, Labels, ScoreMode.Exact, HeadQuantity.Loss), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void An_empty_batch_has_no_scores()
    {
        using Network head = Head([.. Weight, .. Bias], new Linear(3, 3));
        Assert.Empty(Score(head, [], [], ScoreMode.Exact, HeadQuantity.Gwa));
    }

    [Theory]
    [InlineData(new[] { 1, 0, 0 }, "labels of shape [3] do not fit logits of shape [4, 3]")]
    [InlineData(new[] { 1, 0, 0, 2, 1 }, "labels of shape [5] do not fit logits of shape [4, 3]")]
    [InlineData(new[] { 1, 0, 3, 2 }, "label 3 at position 2 is out of range")]
    public void Labels_that_do_not_fit_are_refused(int[] labels, string expected)
    {
        using Network head = Head([.. Weight, .. Bias], new Linear(3, 3));
        var refusal = Assert.Throws<KernelCoreException>(() => Score(head, Inputs, labels, ScoreMode.Exact, HeadQuantity.Gwa));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    private Network Head(float[] parameters, Linear layer)
    {
        var network = new Network(_device, [layer]);
        network.Parameters.Flat.CopyFrom(parameters);
        return network;
    }

    private float[] Score(Network network, float[] inputs, int[] labels, ScoreMode mode, HeadQuantity quantity)
    {
        int width = ((Linear)network.Layers[0]).In;
        using var batch = new Batch
        {
            Features = _device.Allocate([inputs.Length / width, width], inputs),
            Labels = _device.AllocateIndices([labels.Length], labels),
        };
        using var scorer = new HeadScorer(network, mode);
        return scorer.Compute(network.Forward(batch, ForwardMode.Evaluation), batch.Labels)[quantity].ToArray();
    }
}
