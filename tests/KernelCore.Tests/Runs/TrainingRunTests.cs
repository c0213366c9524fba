using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.LeaveOneOut;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Tests.Files;
using KernelCore.Training;

namespace KernelCore.Tests.Runs;

[Collection(SharedDevice.Collection)]
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

    [Fact]
    public void Extra_scores_are_those_of_the_trained_network()
    {
        RunOptions recipe = Recipe with { Data = "breast-cancer", TrainSamples = 90, LearningRate = 2e-3, Extras = ExtraScores.SelfInfluence | ExtraScores.Lsi };
        using var run = new TrainingRun(recipe, new DatasetCatalog(), CpuDevice.Shared);
        var seen = new List<EpochRecord>();
        TrainingResult result = run.Fit(new Collector(seen));
        Assert.Equal((2, 90), (seen.Count, run.Train.Count));
        LsiResult lsi = LaplaceSampleInformation.Compute(HeadFeatures.Extract(run.Network, run.Train), CpuDevice.Shared, new LsiOptions { Checked = 0 });
        Assert.Equal(lsi.Information, result.Scores.Find("lsi")!.Values);

        // Two epochs are two checkpoints; the first is that of the same run cut short.
        using var shorter = new TrainingRun(recipe with { Epochs = 1, Extras = ExtraScores.None }, new DatasetCatalog(), CpuDevice.Shared);
        TrainingResult once = shorter.Fit();
        Checkpoint[] checkpoints = [Checkpoint.Of(shorter.Network, 2e-3), Checkpoint.Of(run.Network, 2e-3)];
        Assert.Equal(GradientProducts.TracIn(checkpoints).SelfInfluence(run.Train), result.Scores.Find("self-influence")!.Values);
        Assert.Null(once.Scores.Find("lsi"));
    }

    [Fact]
    public void Refuses_samples_that_are_not_there_and_heads_that_are_too_large()
    {
        Assert.Throws<KernelCoreException>(() => new TrainingRun(Recipe with { TrainSamples = 0 }, new DatasetCatalog(), CpuDevice.Shared));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["wide.json"], """[{"kind":"Flatten"},{"kind":"Linear","in":64,"out":1000},{"kind":"ReLU"},{"kind":"Linear","in":1000,"out":10}]""");
        RunOptions wide = Recipe with { Architecture = folder["wide.json"], Extras = ExtraScores.Lsi };
        var error = Assert.Throws<KernelCoreException>(() => new TrainingRun(wide, new DatasetCatalog(), CpuDevice.Shared));
        Assert.Contains("10010 parameters", error.Message, StringComparison.Ordinal);
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

    private sealed class Collector(List<EpochRecord> seen) : IProgress<EpochRecord>
    {
        public void Report(EpochRecord value) => seen.Add(value);
    }
}
