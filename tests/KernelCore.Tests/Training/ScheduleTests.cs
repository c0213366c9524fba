using KernelCore.Training;

namespace KernelCore.Tests.Training;

public sealed class ScheduleTests
{
    [Fact]
    public void Constant() => Assert.All((long[])[0, 5, 99], s => Assert.Equal(0.3, new ConstantSchedule { LearningRate = 0.3 }.At(s, 0, 100)));

    [Theory]
    [InlineData(0, 0.25)]
    [InlineData(1, 0.5)]
    [InlineData(3, 1.0)]
    [InlineData(4, 1.0)]
    [InlineData(54, 0.55)]
    [InlineData(104, 0.1)]
    public void Cosine_rises_to_the_peak_and_falls_to_the_final_rate(long step, double expected) =>
        Assert.Equal(expected, new CosineSchedule { LearningRate = 1, WarmupSteps = 4, FinalLearningRate = 0.1 }.At(step, 0, 104), 1e-12);

    [Fact]
    public void Cosine_of_a_run_that_is_all_warm_up_stays_finite() =>
        Assert.Equal(1, new CosineSchedule { LearningRate = 1, WarmupSteps = 4 }.At(4, 0, 4));

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(2, 1.0)]
    [InlineData(3, 0.5)]
    [InlineData(8, 0.25)]
    public void Steps_multiply_every_few_epochs(int epoch, double expected) =>
        Assert.Equal(expected, new StepSchedule { LearningRate = 1, EpochsPerStep = 3, Factor = 0.5 }.At(0, epoch, 100), 1e-12);
}
