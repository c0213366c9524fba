using KernelCore.Data;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Scoring;
using KernelCore.Training;

namespace KernelCore.Tests.Training;

/// <summary>The whole path on real images: training learns, and the scores it leaves behind find wrong labels.</summary>
public sealed class DigitsTests
{
    private static readonly Layer[] Perceptron = [new Flatten(), new Linear(64, 64), new ReLU(), new Linear(64, 10)];

    [Fact]
    public void A_perceptron_learns_the_digits()
    {
        DataSplit digits = new DatasetCatalog().Load("digits");
        using var device = new CpuDevice(2);
        using var network = new Network(device, Perceptron, seed: 1);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 12, Schedule = new ConstantSchedule { LearningRate = 3e-3 } });
        TrainingResult result = trainer.Fit(digits.Train, digits.Test);
        Assert.True(result.Epochs[^1].TestAccuracy > 0.93, $"{result.Epochs[^1]}");
        Assert.True(result.Epochs[^1].Loss < result.Epochs[0].Loss / 4);
    }

    [Fact]
    public void Margins_over_training_find_the_wrong_labels()
    {
        NoisyDataset noisy = LabelNoise.Apply(new DatasetCatalog().Load("digits").Train, LabelNoiseKind.Symmetric, 0.1, seed: 1);
        using var device = new CpuDevice(2);
        using var network = new Network(device, Perceptron, seed: 1);
        using var trainer = new Trainer(network, new TrainingOptions { Epochs = 12 });
        ScoreColumn aum = trainer.Fit(noisy.Dataset).Scores.Find("aum")!;
        double auroc = DetectionMetrics.Auroc(aum.Values, noisy.Flipped.AsSpan(), aum.Definition.Direction);
        Assert.True(auroc > 0.9, $"AUROC {auroc}");
    }
}
