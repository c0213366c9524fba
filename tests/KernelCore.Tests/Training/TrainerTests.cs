using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public static TheoryData<OptimizerOptions> Optimizers =>
    [
        new SgdOptions(),
        new SgdOptions { WeightDecay = 0.1f },
        new SgdOptions { Momentum = 0.9f },
        new SgdOptions { Momentum = 0.8f, WeightDecay = 0.05f, Nesterov = true },
        new AdamOptions(),
        new AdamOptions { WeightDecay = 0.1f, Beta1 = 0.8f, Beta2 = 0.95f },
        new AdamOptions { WeightDecay = 0.1f, Decoupled = true, Epsilon = 1e-3f },
    ];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Optimizers))]
    public void Softmax_regression_ends_where_a_hand_written_loop_ends(OptimizerOptions optimizer)
    {
        Dataset data = Blobs.Create(23, [4], 3);
        using var network = new Network(_device, [new Linear(4, 3)]);
        var loop = new SoftmaxRegression(data, DoubleArrays.Widen(network.Parameters["0.weight"]), DoubleArrays.Widen(network.Parameters["0.bias"]));
        var options = new TrainingOptions
        {
            Epochs = 4,
            BatchSize = 5,
            Seed = 11,
            Optimizer = optimizer,
            Schedule = new CosineSchedule { LearningRate = 0.05, WarmupSteps = 3, FinalLearningRate = 0.01 },
        };
        loop.Fit(options);
        using (var trainer = new Trainer(network, options))
        {
            trainer.Fit(data);
        }

        AssertClose.Equal(loop.Parameters, network.Parameters.Flat.ToArray(), 5e-6, $"{optimizer}");
    }

    [Fact]
    public void The_same_run_gives_the_same_bits_on_any_number_of_threads()
    {
        Layer[] layers =
        [
            new Conv2d(1, 8, 3, Padding: 1), new BatchNorm2d(8), new ReLU(), new Residual([new Conv2d(8, 8, 3, Padding: 1, Groups: 2), new GroupNorm(2, 8), new GELU()]),
            new MaxPool2d(2), new Flatten(), new Dropout(0.2f), new Linear(128, 32), new LayerNorm(32), new Tanh(), new Linear(32, 4),
        ];
        Dataset train = Blobs.Create(150, [1, 8, 8], 4), test = Blobs.Create(40, [1, 8, 8], 4);
        (float[] Weights, double[] Aum, EpochRecord Last) Run(int threads)
        {
            using var device = new CpuDevice(threads);
            using var network = new Network(device, layers, seed: 5);
            using var trainer = new Trainer(network, new TrainingOptions { Epochs = 2, BatchSize = 32, Optimizer = new SgdOptions { Momentum = 0.9f }, Schedule = new ConstantSchedule { LearningRate = 0.01 } });
            TrainingResult result = trainer.Fit(train, test);
            return (network.Parameters.Flat.ToArray(), result.Scores.Find("aum")!.Values, result.Epochs[^1] with { SamplesPerSecond = 0 });
        }

        var expected = Run(threads: 1);
        foreach (int threads in (int[])[1, 2, 3])
        {
            var actual = Run(threads);
            Assert.Equal(expected.Weights, actual.Weights);
            Assert.Equal(expected.Aum, actual.Aum);
            Assert.Equal(expected.Last, actual.Last);
        }
    }

    [Fact]
    public void Decay_and_momentum_leave_frozen_layers_alone()
    {
        using var network = new Network(_device, [new Linear(4, 5), new Tanh(), new Residual([new Linear(5, 5)]) { Frozen = true }, new LayerNorm(5) { Frozen = true }, new Linear(5, 3)]);
        float[] before = network.Parameters.Flat.ToArray();
        foreach (OptimizerOptions optimizer in (OptimizerOptions[])[new SgdOptions { WeightDecay = 0.5f, Momentum = 0.9f }, new AdamOptions { WeightDecay = 0.5f, Decoupled = true }])
        {
            using var trainer = new Trainer(network, new TrainingOptions { Epochs = 2, BatchSize = 8, Optimizer = optimizer });
            trainer.Fit(Blobs.Create(20, [4], 3));
        }

        float[] after = network.Parameters.Flat.ToArray();
        foreach (ParameterInfo parameter in network.Parameters.Layout.Parameters)
        {
            Range own = (int)parameter.Offset..(int)(parameter.Offset + parameter.Shape.Count);
            Assert.Equal(parameter.Trainable, !before[own].SequenceEqual(after[own]));
        }
    }

    [Fact]
    public void Scores_collected_in_training_are_those_at_the_weights_before_the_update()
    {
        Dataset data = Blobs.Create(37, [6], 4);
        using var network = new Network(_device, [new Linear(6, 9), new Tanh(), new Linear(9, 4)], seed: 2);
        ScoreTable offline = new Scorer(network).Score(data, new ScoringOptions { Scores = ["gwa", "el2n", "loss", "margin", "entropy"], BatchSize = 37 });
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 1, BatchSize = 37, Schedule = new ConstantSchedule { LearningRate = 0.1 } });
        TrainingResult result = trainer.Fit(data);
        foreach (ScoreColumn column in offline.Columns)
        {
            AssertClose.Equal(column.Values, result.Scores.Find(column.Name)!.Values.Select(v => (float)v), 1e-6, column.Name);
        }

        AssertClose.Equal(offline.Find("margin")!.Values, result.Scores.Find("aum")!.Values.Select(v => (float)v), 1e-6, "aum");
        Assert.Equal(offline.Predictions.ToArray(), result.Scores.Predictions.ToArray());
        EpochRecord epoch = Assert.Single(result.Epochs);
        Assert.Equal(offline.Find("gwa")!.Values.Average(), epoch.Gwa!.Mean, 1e-7);
        Assert.Equal(37, epoch.Gwa.Count);
        Assert.Equal(offline.Find("loss")!.Values.Average(), epoch.Loss, 1e-6);
        Assert.Equal(offline.Labels.Zip(offline.Predictions, (y, p) => y == p ? 1.0 : 0).Average(), epoch.Accuracy, 1e-12);
        Assert.Equal(0, epoch.PredictionChanges);
    }

    [Fact]
    public void Every_sample_is_seen_once_per_epoch()
    {
        Dataset data = Blobs.Create(31, [4], 3);
        using var network = new Network(_device, [new Linear(4, 3)]);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 3, BatchSize = 8 });
        TrainingResult result = trainer.Fit(data);
        Assert.All(result.Epochs, e => Assert.Equal(31, e.Gwa!.Count));
        Assert.All(result.Scores.Columns.Where(c => c.Name != ScoreCatalogue.FirstKEpoch.Name), c => Assert.All(c.Values, v => Assert.True(double.IsFinite(v), c.Name)));
        Assert.Equal([1, 2, 3], result.Epochs.Select(e => e.Epoch));
    }

    [Fact]
    public void Held_out_records_are_the_evaluators()
    {
        Dataset train = Blobs.Create(40, [4], 3), test = Blobs.Create(21, [4], 3);
        using var network = new Network(_device, [new Linear(4, 6), new Dropout(0.5f), new ReLU(), new Linear(6, 3)]);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 2, BatchSize = 16 });
        EpochRecord last = trainer.Fit(train, test).Epochs[^1];
        using var evaluator = new Evaluator(network, test, batchSize: 4);
        Evaluation evaluation = evaluator.Evaluate();
        Assert.Equal(evaluation.Accuracy, last.TestAccuracy);
        Assert.Equal(evaluation.Loss, last.TestLoss!.Value, 1e-6);
    }

    [Fact]
    public void Cancelling_stops_before_the_next_step()
    {
        using var network = new Network(_device, [new Linear(4, 3)]);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 50, BatchSize = 8 });
        using var source = new CancellationTokenSource();
        var progress = new Callback(e =>
        {
            Assert.Equal(1, e.Epoch);
            source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => trainer.Fit(Blobs.Create(20, [4], 3), null, progress, source.Token));
        Assert.All(network.Parameters.Flat.ToArray(), w => Assert.True(float.IsFinite(w)));
    }

    [Fact]
    public void A_diverging_loss_is_an_error_that_says_when()
    {
        using var network = new Network(_device, [new Linear(4, 3)]);
        using var trainer = new Trainer(network, new TrainingOptions
        {
            Epochs = 50,
            BatchSize = 8,
            Optimizer = new SgdOptions { WeightDecay = 1 },
            Schedule = new ConstantSchedule { LearningRate = 1e12 },
        });
        var refusal = Assert.Throws<KernelCoreException>(() => trainer.Fit(Blobs.Create(20, [4], 3)));
        Assert.Matches("the loss is .* in epoch [1-5], batch [1-3]", refusal.Message);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused()
    {
        using var network = new Network(_device, [new Linear(4, 3)]);
        void Refused(string expected, TrainingOptions options, Dataset? data = null)
        {
            var refusal = Assert.Throws<KernelCoreException>(() =>
            {
                using var trainer = new Trainer(network, options);
                trainer.Fit(data ?? Blobs.Create(20, [4], 3));
            });
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        }

        Refused("class count mismatch: the model has outputs [3] per sample, data set 'blobs' has 4 classes", new TrainingOptions(), Blobs.Create(20, [4], 4));
        Refused("expects input [batch, ..., 4], got [1, 5]", new TrainingOptions(), Blobs.Create(20, [5], 3));
        Refused("0 epochs", new TrainingOptions { Epochs = 0 });
        Refused("batch size 0", new TrainingOptions { BatchSize = 0 });
        Refused("learning rate", new TrainingOptions { Schedule = new ConstantSchedule { LearningRate = 0 } });
        Refused("learning rate", new TrainingOptions { Schedule = new ConstantSchedule { LearningRate = double.PositiveInfinity } });
    }

    [Fact]
    public void A_model_without_a_linear_head_trains_without_alignment()
    {
        using var network = new Network(_device, [new Linear(4, 3), new Softplus()]);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 2, BatchSize = 8 });
        TrainingResult result = trainer.Fit(Blobs.Create(20, [4], 3));
        Assert.All(result.Epochs, e => Assert.Null(e.Gwa));
        Assert.Null(result.GwaEpoch);
        Assert.All(result.Scores.Find("gwa")!.Values, v => Assert.True(double.IsNaN(v)));
        Assert.All(result.Scores.Find("el2n")!.Values, v => Assert.True(double.IsFinite(v)));
    }

    private sealed class Callback(Action<EpochRecord> action) : IProgress<EpochRecord>
    {
        public void Report(EpochRecord value) => action(value);
    }
}
