using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Tests.Files;
using KernelCore.Training;

namespace KernelCore.Tests.Influence;

/// <summary>What the scores are for: they predict what logistic regression on half of the digits does.</summary>
[Collection(Samples.Collection)]
public sealed class DigitsTests
{
    private const int Subsets = 60;

    [Fact]
    public void Influence_predicts_retraining()
    {
        using var folder = new TemporaryFolder();
        DataSplit data = new DatasetCatalog().Load("digits");
        SubsetMasks masks = SubsetMasks.Draw(SubsetKind.FixedSize, Subsets, data.Train.Count, 0.5, 1);
        SubsetStudyResult study = new SubsetStudy(data, masks, Train, "logistic regression").Run(folder["study"]);
        using IModel model = Train(Samples.Device, data.Train, Subsets, default);
        float[] outputs = Array.ConvertAll(study.Test.Loss, loss => -loss);

        double gradDot = Score(GradientProducts.GradDot((Network)model));
        double last = Score(GradientProducts.TracIn([Checkpoint.Of(model)], GradientScope.Head));
        double trak = Score(ProjectedInfluence.Trak([Checkpoint.Of(model)], GradientProjection.Kronecker(10, 65), damping: 0.01));
        double logra = Score(ProjectedInfluence.LoGra(model, GradientProjection.Kronecker(10, 65)));

        // One layer: the head is the model. Any influence beats chance, and curvature improves on plain products.
        Assert.Equal(gradDot, last, 1e-3);
        Assert.True(trak > 0.2 && gradDot > 0.3 && logra > gradDot + 0.1, $"LDS: Grad-Dot {gradDot:F3}, TRAK {trak:F3}, LoGra {logra:F3}");

        double Score(InfluenceMethod method) => AttributionMetrics.LinearDatamodelingScore(
            method.Compute(data.Train, data.Test).ToMatrix(), masks, outputs, Samples.Device).Mean;
    }

    private static IModel Train(Device device, Dataset subset, int number, CancellationToken cancellationToken)
    {
        var network = new Network(device, [new Flatten(), new Linear(64, 10)]);
        using var trainer = new Trainer(network, new TrainingOptions
        {
            Epochs = 20, BatchSize = 32, Seed = (ulong)number, Schedule = new ConstantSchedule { LearningRate = 3e-3 },
        });
        trainer.Fit(subset, cancellationToken: cancellationToken);
        return network;
    }
}
