using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Tests.Gradients;
using KernelCore.Tests.Models;
using KernelCore.Training;

namespace KernelCore.Tests.Training;

[CollectionDefinition(nameof(SteadyStateTests), DisableParallelization = true)]
public sealed class SteadyStateCollection;

/// <summary>Once every shape has been seen, steps, scores and gradient queries allocate nothing on the managed heap, on any thread.</summary>
[Collection(nameof(SteadyStateTests))]
public sealed class SteadyStateTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public static TheoryData<string> Models => ["perceptron", "convolution", "transformer"];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Training_steps(string model)
    {
        NetworkCase c = Case(model);
        foreach (OptimizerOptions optimizer in (OptimizerOptions[])[new SgdOptions { Momentum = 0.9f }, new AdamOptions { Decoupled = true, WeightDecay = 0.01f }])
        {
            using Network network = c.Build(_device);
            using Batch full = c.Batch(_device, 8), rest = c.Batch(_device, 3);
            using var trainer = new Trainer(network, new TrainingOptions { Optimizer = optimizer });
            AssertAllocatesNothing(() =>
            {
                trainer.Step(full, 1e-3);
                trainer.Step(full, 1e-3);
                trainer.Step(rest, 1e-3);
            });
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradient_queries(string model)
    {
        NetworkCase c = Case(model);
        using Network network = c.Build(_device);
        using Batch full = c.Batch(_device, 8), rest = c.Batch(_device, 3);
        using var direction = new ParameterVector(network.Parameters.Layout, _device);
        using var engine = new PerSampleEngine(network, Queries.Everything with { Direction = direction });
        AssertAllocatesNothing(() =>
        {
            engine.Evaluate(full, Loss.CrossEntropy);
            engine.Evaluate(rest, Loss.CrossEntropy);
        });
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Head_scores(string model)
    {
        NetworkCase c = Case(model);
        using Network network = c.Build(_device);
        using Batch full = c.Batch(_device, 8), rest = c.Batch(_device, 3);
        using var scorer = new HeadScorer(network);
        AssertAllocatesNothing(() =>
        {
            scorer.Compute(network.Forward(full, ForwardMode.Evaluation), full.Labels!);
            scorer.Compute(network.Forward(rest, ForwardMode.Evaluation), rest.Labels!);
        });
    }

    [Fact]
    public void Loading_batches_and_evaluating()
    {
        Dataset data = Blobs.Create(35, [6], 3);
        using var network = new Network(_device, [new Linear(6, 8), new ReLU(), new Linear(8, 3)]);
        using var evaluator = new Evaluator(network, data, batchSize: 8);
        AssertAllocatesNothing(() => evaluator.Evaluate());
    }

    [Fact]
    public void An_epoch_allocates_its_record_and_nothing_per_step()
    {
        Dataset data = Blobs.Create(400, [6], 3);
        long Allocated(int epochs)
        {
            using var network = new Network(_device, [new Linear(6, 8), new ReLU(), new Linear(8, 3)]);
            using var trainer = new Trainer(network, new TrainingOptions { Epochs = epochs, BatchSize = 2 });
            long before = GC.GetAllocatedBytesForCurrentThread();
            trainer.Fit(data);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated(epochs: 2);
        Assert.InRange((Allocated(epochs: 12) - Allocated(epochs: 2)) / 10, 0, 1000);
    }

    /// <summary>Large enough for the workers of a parallel loop to take part.</summary>
    private static NetworkCase Case(string model) => model switch
    {
        "perceptron" => new(model, [new Linear(150, 300), new ReLU(), new Dropout(0.1f), new Linear(300, 10)], [150]),
        "convolution" => new(
            model,
            [
                new Conv2d(1, 16, 3, Padding: 1), new BatchNorm2d(16), new ReLU(), new MaxPool2d(2), new Residual([new Conv2d(16, 16, 3, Padding: 1, Groups: 2), new GroupNorm(2, 16), new SiLU()]),
                new Flatten(), new Linear(1600, 4),
            ],
            [1, 20, 20]),
        _ => NetworkCases.Find("transformer"),
    };

    /// <summary>Counts the bytes of this thread and of all threads. The test host may allocate beside: one clean round in many is enough.</summary>
    private static void AssertAllocatesNothing(Action action)
    {
        const int Rounds = 30;
        for (int i = 0; i < 5; i++)
        {
            action();
        }

        long here = 0, everywhere = long.MaxValue;
        for (int round = 0; round < Rounds && everywhere > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true), own = GC.GetAllocatedBytesForCurrentThread();
            action();
            here = GC.GetAllocatedBytesForCurrentThread() - own;
            everywhere = GC.GetTotalAllocatedBytes(precise: true) - before;
            if (here > 0)
            {
                Thread.Sleep(20);
            }
        }

        Assert.True(here == 0 && everywhere == 0, $"{here} bytes on this thread, {everywhere} on all");
    }
}
