using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Training;

namespace KernelCore.Tests.Runs;

public class TrainingRunTests
{
    private static readonly RunOptions Recipe = new() { Data = "digits", Architecture = "mlp", Epochs = 2 };

    [Fact]
    public void Label_noise_touches_the_training_labels_only()
    {
        DataSplit clean = new DatasetCatalog().Load("digits");
        using var run = new TrainingRun(Recipe with { LabelNoise = 0.25 }, new DatasetCatalog(), CpuDevice.Shared);
        Assert.Equal<int>(clean.Test.Labels, run.Test.Labels);
        Assert.Equal<int>(clean.Train.Labels, run.TrueLabels);
        Assert.Equal<bool>(run.Flipped, run.TrueLabels.Zip(run.Train.Labels, (truth, label) => truth != label));
        Assert.Equal((int)Math.Round(0.25 * clean.Train.Count, MidpointRounding.AwayFromZero), run.Flipped.Count(flipped => flipped));
    }

    [Fact]
    public void The_seed_of_the_run_does_not_change_the_noise()
    {
        using var first = new TrainingRun(Recipe with { LabelNoise = 0.1, Seed = 1 }, new DatasetCatalog(), CpuDevice.Shared);
        using var second = new TrainingRun(Recipe with { LabelNoise = 0.1, Seed = 2 }, new DatasetCatalog(), CpuDevice.Shared);
        Assert.Equal<int>(first.Train.Labels, second.Train.Labels);
        Assert.NotEqual(first.Network.Parameters.Flat.ToArray(), second.Network.Parameters.Flat.ToArray());
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Refuses_fractions_out_of_range(double fraction) => Assert.Throws<KernelCoreException>(
        () => new TrainingRun(Recipe with { LabelNoise = fraction }, new DatasetCatalog(), CpuDevice.Shared));

    [Theory]
    [InlineData(3, 1)]
    [InlineData(10, 4)]
    [InlineData(1, 1)]
    public void The_step_schedule_drops_after_each_third(int epochs, int perStep)
    {
        TrainingOptions options = (Recipe with { Epochs = epochs, Schedule = ScheduleKind.Step }).ToTrainingOptions();
        Assert.Equal(perStep, Assert.IsType<StepSchedule>(options.Schedule).EpochsPerStep);
    }

    [Fact]
    public void Optimisers_take_their_options()
    {
        Assert.Equal(
            new SgdOptions { Momentum = 0.9f, WeightDecay = 0.1f },
            (Recipe with { Optimizer = OptimizerKind.Sgd, Momentum = 0.9f, WeightDecay = 0.1f }).ToTrainingOptions().Optimizer);
        Assert.Equal(
            new AdamOptions { Decoupled = true, WeightDecay = 0.1f },
            (Recipe with { Optimizer = OptimizerKind.AdamW, WeightDecay = 0.1f }).ToTrainingOptions().Optimizer);
    }

    [Theory]
    [InlineData("mlp", 3, 9, 11)]
    [InlineData("cnn", 3, 9, 11)]
    [InlineData("cnn", 1, 8, 8)]
    public void Presets_fit_what_they_are_sized_for(string name, int channels, int height, int width)
    {
        const int classes = 4;
        using var network = new Network(CpuDevice.Shared, Presets.Resolve(name, [channels, height, width], classes));
        using var batch = new Batch { Features = CpuDevice.Shared.Allocate([2, channels, height, width]) };
        Assert.Equal(Shape.Of(2, classes), network.Forward(batch, ForwardMode.Evaluation).Outputs.Shape);
    }

    [Fact]
    public void Devices_are_opened_by_selector()
    {
        using Device standard = Devices.Open();
        using Device three = Devices.Open("cpu:3");
        Assert.Equal(DeviceKind.Cpu, standard.Kind);
        Assert.Equal(3, Assert.IsType<CpuDevice>(three).Threads);
        var error = Assert.Throws<BackendUnavailableException>(() => Devices.Open("tpu:0"));
        Assert.Contains("known: cpu", error.Message, StringComparison.Ordinal);
    }
}
