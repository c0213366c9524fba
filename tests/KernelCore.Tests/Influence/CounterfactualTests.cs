using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using KernelCore.Runs;
using KernelCore.Tests.Files;

namespace KernelCore.Tests.Influence;

[Collection(Samples.Collection)]
public sealed class CounterfactualTests
{
    private static readonly double[] Contributions = [1, 0.2, -0.5, 0, 2];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fixed_size_subsets_estimate_a_difference_and_bernoulli_masks_the_contribution(bool fixedSize)
    {
        int[] subsets = [.. Enumerable.Range(0, 32).Where(bits => !fixedSize || int.PopCount(bits) == 3)];
        SubsetMasks masks = Enumerated(subsets, 5);
        float[] values = [.. subsets.Select(bits => (float)(100 + Enumerable.Range(0, 5).Sum(i => ((bits >> i) & 1) * Contributions[i])))];
        float[] actual = CounterfactualInfluence.Contrast(masks, values, 1, Samples.Device).ToMatrix().Values;
        double[] expected = fixedSize ? [0.575, -0.425, -1.3, -0.675, 1.825] : Contributions;

        // The values carry the rounding of 100 + a, the sums that of at most 32 terms of size 4.
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, (100 + (32 * 4)) * 6e-8));
    }

    [Fact]
    public void Influence_and_memorisation_match_their_definition()
    {
        SubsetMasks masks = SubsetMasks.Draw(SubsetKind.Bernoulli, 23, 9, 0.6, 4);
        float[] correct = [.. Enumerable.Range(0, 23 * 9).Select(i => (float)Philox.Integer(2, 2, (ulong)i, 2))];
        float[] loss = [.. Enumerable.Range(0, 23 * 9).Select(i => Philox.Uniform(2, 3, (ulong)i))];
        var outcomes = new SubsetOutcomes(9, correct, loss);
        InfluenceMatrix accuracy = CounterfactualInfluence.OnAccuracy(masks, outcomes, Samples.Device).ToMatrix();
        InfluenceMatrix onLoss = CounterfactualInfluence.OnLoss(masks, outcomes, Samples.Device).ToMatrix();
        double[] memorization = CounterfactualInfluence.Memorization(masks, outcomes), self = CounterfactualInfluence.SelfInfluence(masks, outcomes);
        for (int t = 0; t < 9; t++)
        {
            for (int i = 0; i < 9; i++)
            {
                double Mean(float[] values, bool with) => Enumerable.Range(0, 23).Where(m => masks[m, i] == with).Average(m => values[(m * 9) + t]);
                Assert.Equal(Mean(correct, true) - Mean(correct, false), accuracy[t, i], 23 * 6e-8);
                Assert.Equal(Mean(loss, false) - Mean(loss, true), onLoss[t, i], 23 * 6e-8);
            }

            Assert.Equal(memorization[t], accuracy[t, t], 23 * 6e-8);
            Assert.Equal(self[t], onLoss[t, t], 23 * 6e-8);
        }
    }

    [Fact]
    public void Samples_without_contrast_are_nan()
    {
        SubsetMasks masks = SubsetMasks.From(2, [true, true, false, true, false, false]);
        var outcomes = new SubsetOutcomes(3, [1, 1, 0, 0, 1, 0], new float[6]);
        Assert.Equal([double.NaN, 0, double.NaN], CounterfactualInfluence.Memorization(masks, outcomes));
        InfluenceMatrix matrix = CounterfactualInfluence.OnAccuracy(masks, outcomes, Samples.Device).ToMatrix();
        Assert.Equal([float.NaN, 1, float.NaN], [matrix[0, 0], matrix[0, 1], matrix[0, 2]]);
    }

    [Fact]
    public void Identical_rows_of_a_kernel_ridge_model_have_margin_one()
    {
        // Samples 0 and 1 are the same: over all subsets their influence on themselves is the same.
        double[][] x = [[1, 0.5], [1, 0.5], [-0.7, 1], [0.2, -1.1], [-1, -1]];
        double[] y = [1, 1, -0.5, 0.3, -1];
        int[] subsets = [.. Enumerable.Range(0, 32)];
        float[] negativeLoss = [.. subsets.SelectMany(bits => x.Select((_, t) => (float)-Math.Pow(Predict(x, y, bits, t) - y[t], 2)))];
        InfluenceMargin[] margins = InfluenceMargins.Compute(
            CounterfactualInfluence.Contrast(Enumerated(subsets, 5), negativeLoss, 5, Samples.Device));
        Assert.Equal(1, margins[0].Value, 1e-5);
        Assert.Equal(1, margins[1].Value, 1e-5);
        Assert.Equal([[0, 1]], InfluenceMargins.NearDuplicates(margins, 1.01));
    }

    [Fact]
    public void Margins_are_defined_where_the_second_is_positive()
    {
        InfluenceMargin[] margins = InfluenceMargins.Compute(new InfluenceMatrix(4, 3, [1, 4, 2, 0, 3, -1, -1, -2, -3, float.NaN, float.NaN, 2]).ToTiles());
        Assert.Equal([2, double.PositiveInfinity, double.NaN, double.PositiveInfinity], margins.Select(m => m.Value));
        Assert.Equal((1, 2), (margins[0].First, margins[0].Second));
    }

    [Fact]
    public void Fixed_size_masks_have_their_size_and_prefixes_stay()
    {
        SubsetMasks many = SubsetMasks.Draw(SubsetKind.FixedSize, 9, 20, 0.7, 1), few = SubsetMasks.Draw(SubsetKind.FixedSize, 4, 20, 0.7, 1);
        Assert.All(Enumerable.Range(0, 9), m => Assert.Equal(14, many.Subset(m).Length));
        Assert.All(Enumerable.Range(0, 4), m => Assert.Equal(few.Subset(m), many.Subset(m)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SubsetMasks.Draw(SubsetKind.Bernoulli, 1, 1, 1, 0));
    }

    [Fact]
    public void An_interrupted_study_goes_on_with_the_same_numbers()
    {
        using var folder = new TemporaryFolder();
        var data = new DataSplit(Samples.Random(40, [5], 3, 1), Samples.Random(10, [5], 3, 2));
        SubsetMasks masks = SubsetMasks.Draw(SubsetKind.Bernoulli, 6, 40, 0.5, 3);
        var recipe = new RunOptions { Data = "random", Architecture = "mlp", Epochs = 2, BatchSize = 8 };
        SubsetStudyResult whole = SubsetStudy.OfRecipe(data, masks, recipe).Run(folder["whole"], workers: 2);

        using var cancellation = new CancellationTokenSource();
        SubsetTrainer train = SubsetStudy.Trainer(recipe);
        IModel Interrupted(Device device, Dataset subset, int model, CancellationToken token)
        {
            if (model == 3)
            {
                cancellation.Cancel();
            }

            return train(device, subset, model, token);
        }

        var interrupted = new SubsetStudy(data, masks, Interrupted, recipe.ToString());
        Assert.ThrowsAny<OperationCanceledException>(() => interrupted.Run(folder["part"], workers: 1, cancellationToken: cancellation.Token));
        Assert.Equal(3, Directory.GetFiles(folder["part"]).Length);
        File.WriteAllText(Path.Combine(folder["part"], "model-00003.safetensors.abcdefgh.ijk.tmp"), "what a killed process leaves in the middle of a file");
        File.WriteAllText(Path.Combine(folder["part"], "notes.tmp"), "somebody else's");
        SubsetStudyResult resumed = SubsetStudy.OfRecipe(data, masks, recipe).Run(folder["part"], workers: 1);
        Assert.Equal(["notes.tmp"], Directory.GetFiles(folder["part"], "*.tmp").Select(Path.GetFileName));
        Assert.Equal(whole.Train.Loss, resumed.Train.Loss);
        Assert.Equal(whole.Test.Loss, resumed.Test.Loss);
        Assert.Equal(whole.Train.Correct, resumed.Train.Correct);

        var other = Assert.Throws<KernelCoreException>(() => SubsetStudy.OfRecipe(data, masks, recipe with { Epochs = 3 }).Run(folder["part"]));
        Assert.Contains("another study", other.Message, StringComparison.Ordinal);
    }

    private static SubsetMasks Enumerated(int[] subsets, int samples) => SubsetMasks.From(
        subsets.Length, [.. subsets.SelectMany(bits => Enumerable.Range(0, samples).Select(i => ((bits >> i) & 1) == 1))]);

    /// <summary>Ridge regression on a subset with penalty 0.1, by 2 x 2 normal equations.</summary>
    private static double Predict(double[][] x, double[] y, int bits, int t)
    {
        double a = 0.1, b = 0, c = 0.1, u = 0, v = 0;
        for (int i = 0; i < y.Length; i++)
        {
            if (((bits >> i) & 1) == 1)
            {
                a += x[i][0] * x[i][0];
                b += x[i][0] * x[i][1];
                c += x[i][1] * x[i][1];
                u += x[i][0] * y[i];
                v += x[i][1] * y[i];
            }
        }

        double det = (a * c) - (b * b);
        return ((((c * u) - (b * v)) * x[t][0]) + (((a * v) - (b * u)) * x[t][1])) / det;
    }
}
