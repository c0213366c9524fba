using System.Collections.Immutable;
using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Files;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Tests.Files;
using KernelCore.Training;

namespace KernelCore.Tests.Data;

/// <summary>Data sets of token ids, from the file to every consumer.</summary>
public sealed class TokenTests
{
    private const int Count = 150, Length = 6, Vocabulary = 9;

    // Classes of tests run side by side, and a device serves one of them at a time.
    private static readonly CpuDevice Device = new(2);

    /// <summary>Class 1 if token 3 occurs.</summary>
    private static Dataset Sequences()
    {
        int[] ids = TestNumbers.Integers(1, Count * Length, Vocabulary);
        ImmutableArray<int> labels = [.. ids.Chunk(Length).Select(s => s.Contains(3) ? 1 : 0)];
        return new Dataset("sequences", [Length], [.. ids.Select(i => (float)i)], labels, Dataset.NumberedClasses(2)).AsTokens();
    }

    private static Network Transformer() => new(
        Device,
        [new Embedding(Vocabulary, 8), new PositionalEmbedding(Length, 8), new SelfAttention(8, 2), new MeanTokens(), new Linear(8, 2)], seed: 1);

    [Fact]
    public void Batches_hold_token_ids()
    {
        Dataset data = Sequences();
        using var loader = new BatchLoader(data, Device, 64);
        foreach (int count in new[] { 64, 22 })
        {
            int[] ids = [.. Enumerable.Range(40, count)];
            Batch batch = loader.Load(ids);
            Assert.Null(batch.Features);
            Assert.Equal(Shape.Of(count, Length), batch.Tokens!.Shape);
            Assert.Equal(ids.SelectMany(i => data.Sample(i).ToArray()).Select(v => (int)v), batch.Tokens.ToArray());
            Assert.Equal(ids.Select(i => data.Labels[i]), batch.Labels!.ToArray());
        }
    }

    [Fact]
    public void Derived_data_sets_stay_tokens()
    {
        Dataset data = Sequences();
        Dataset[] derived =
        [
            data.Subset([3, 1]), data.Draw(7, 1), data.WithLabels(data.Labels), data.WithFeatures(data.Features), data.WithClassNames(["a", "b"]),
            data.WithSampleShape([2, 3]), data.Split(0.2, 1).Test,
        ];
        Assert.All(derived, d => Assert.True(d.IsTokens));
    }

    [Fact]
    public void A_transformer_trains_scores_and_explains_itself()
    {
        Dataset data = Sequences();
        using Network network = Transformer();
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 30, BatchSize = 32, Schedule = new ConstantSchedule { LearningRate = 0.02 } });
        TrainingResult run = trainer.Fit(data);
        Assert.True(run.Epochs[^1].Accuracy > 0.9, $"{run.Epochs[^1]}");
        ScoreTable scores = new Scorer(network).Score(data);
        Assert.Equal(Count, scores.Count);
        double[] self = GradientProducts.GradDot(network).SelfInfluence(data);
        double[] grand = scores.Find("grand")!.Values;
        Assert.All(self.Zip(grand), p => Assert.Equal(p.Second * p.Second, p.First, 1e-5 * (1e-6 + p.First)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0.5f)]
    [InlineData(2e8f)]
    public void Other_numbers_are_no_token_ids(float value)
    {
        var data = new Dataset("bad", [2], [1, 2, 3, value], [0, 1], Dataset.NumberedClasses(2));
        Assert.Contains("feature 1 of sample 1", Assert.Throws<InvalidDataFileException>(() => data.AsTokens()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Safetensors_files_have_tokens_by_that_name()
    {
        using var folder = new TemporaryFolder();
        Dataset data = Sequences();
        var writer = new SafetensorsWriter();
        writer.Add("tokens", [Count, Length], data.Features.ToArray());
        writer.Add("labels", [Count], data.Labels.ToArray());
        writer.Save(folder["sequences.safetensors"]);
        Dataset read = SafetensorsReader.Read(folder["sequences.safetensors"]);
        Assert.True(read.IsTokens);
        Assert.Equal<float>(data.Features, read.Features);
    }
}
