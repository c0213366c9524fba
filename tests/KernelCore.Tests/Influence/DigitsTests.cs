using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Tests.Files;

namespace KernelCore.Tests.Influence;

/// <summary>What the scores are for: they predict what logistic regression on half of the digits does.</summary>
[Collection(Samples.Collection)]
public sealed class DigitsTests
{
    [Fact]
    public void Influence_predicts_retraining()
    {
        using var folder = new TemporaryFolder();
        DataSplit data = new DatasetCatalog().Load("digits");
        var recipe = new RunOptions
        {
            Data = "digits", Architecture = "logistic", Epochs = 60, LearningRate = 0.01, Schedule = ScheduleKind.Cosine, WeightDecay = 1e-3f,
        };
        var benchmark = new AttributionBenchmark(data, recipe, subsets: 100);
        float[] outputs = benchmark.Retrain(folder["study"]);
        (Network model, IReadOnlyList<Checkpoint> checkpoints) = benchmark.Train(folder["study"], Samples.Device, checkpoints: 3);
        using Network trained = model;
        Assert.Equal(3, Directory.GetFiles(folder["study"], "checkpoint-*").Length);

        double exact = Score(new InfluenceFunction(trained, InverseCurvature.Dense()));
        double ekfac = Score(new InfluenceFunction(trained, InverseCurvature.Ekfac()));
        double gradDot = Score(GradientProducts.GradDot(trained));
        double last = Score(GradientProducts.TracIn([Checkpoint.Of(trained)], GradientScope.Head));
        double tracIn = Score(GradientProducts.TracIn(checkpoints));
        double trak = Score(ProjectedInfluence.Trak([Checkpoint.Of(trained)], GradientProjection.Kronecker(10, 65), damping: 0.01));
        double logra = Score(ProjectedInfluence.LoGra(trained, GradientProjection.Kronecker(10, 65)));

        // One layer: the head is the model. Any influence beats chance, and curvature improves on plain products.
        Assert.Equal(gradDot, last, 1e-3);
        Assert.True(
            exact >= 0.75 && ekfac > gradDot + 0.1 && logra > gradDot + 0.1 && trak > 0.2 && gradDot > 0.3 && tracIn > 0.3,
            $"LDS: exact {exact:F3}, EK-FAC {ekfac:F3}, LoGra {logra:F3}, TRAK {trak:F3}, TracIn {tracIn:F3}, Grad-Dot {gradDot:F3}");

        double Score(InfluenceMethod method) => benchmark.Score(method, outputs, Samples.Device).Mean;
    }
}
