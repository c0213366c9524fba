using KernelCore.Data;

namespace KernelCore.Tests.Data;

public sealed class LabelNoiseTests
{
    private static readonly Dataset Clean = DatasetTests.Numbered(count: 5003, classes: 10);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 500)]
    [InlineData(0.2, 1001)]
    [InlineData(0.4, 2001)]
    [InlineData(1, 5003)]
    public void SymmetricFlipsExactlyTheFraction(double fraction, int expected)
    {
        NoisyDataset noisy = LabelNoise.Apply(Clean, LabelNoiseKind.Symmetric, fraction, seed: 7);
        Assert.Equal(expected, noisy.Flipped.Count(flipped => flipped));
        AssertMaskIsTrue(noisy);
    }

    [Fact]
    public void SymmetricIsUniformOverTheWrongClasses()
    {
        NoisyDataset noisy = LabelNoise.Apply(Clean, LabelNoiseKind.Symmetric, 1, seed: 7);
        int[] shifts = new int[10];
        for (int i = 0; i < Clean.Count; i++)
        {
            shifts[(noisy.Dataset.Labels[i] - Clean.Labels[i] + 10) % 10]++;
        }

        Assert.Equal(0, shifts[0]);
        AssertWithinFiveDeviations(shifts[1..], Clean.Count, 1.0 / 9);
    }

    [Fact]
    public void IncludingTheTrueClassKeepsATenth()
    {
        NoisyDataset noisy = LabelNoise.Apply(Clean, LabelNoiseKind.SymmetricIncludingTrueClass, 1, seed: 7);
        AssertMaskIsTrue(noisy);
        AssertWithinFiveDeviations([Clean.Count - noisy.Flipped.Count(flipped => flipped)], Clean.Count, 0.1);
        AssertWithinFiveDeviations([.. Enumerable.Range(0, 10).Select(c => noisy.Dataset.Labels.Count(label => label == c))], Clean.Count, 0.1);
    }

    [Fact]
    public void PairFlipTakesTheNextClass()
    {
        NoisyDataset noisy = LabelNoise.Apply(Clean, LabelNoiseKind.PairFlip, 0.25, seed: 7);
        Assert.Equal(1251, noisy.Flipped.Count(flipped => flipped));
        AssertMaskIsTrue(noisy);
        for (int i = 0; i < Clean.Count; i++)
        {
            Assert.Equal(noisy.Flipped[i] ? (Clean.Labels[i] + 1) % 10 : Clean.Labels[i], noisy.Dataset.Labels[i]);
        }
    }

    [Theory]
    [InlineData(LabelNoiseKind.Symmetric)]
    [InlineData(LabelNoiseKind.SymmetricIncludingTrueClass)]
    [InlineData(LabelNoiseKind.PairFlip)]
    public void SeedDecidesAndFractionsNest(LabelNoiseKind kind)
    {
        NoisyDataset small = LabelNoise.Apply(Clean, kind, 0.1, seed: 3);
        NoisyDataset large = LabelNoise.Apply(Clean, kind, 0.4, seed: 3);
        Assert.Equal(small.Dataset.Labels.ToArray(), LabelNoise.Apply(Clean, kind, 0.1, seed: 3).Dataset.Labels.ToArray());
        Assert.NotEqual(small.Dataset.Labels.ToArray(), LabelNoise.Apply(Clean, kind, 0.1, seed: 4).Dataset.Labels.ToArray());
        for (int i = 0; i < Clean.Count; i++)
        {
            if (small.Flipped[i])
            {
                Assert.Equal(small.Dataset.Labels[i], large.Dataset.Labels[i]);
            }
        }
    }

    [Fact]
    public void RefusesBadArguments()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelNoise.Apply(Clean, LabelNoiseKind.Symmetric, -0.1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => LabelNoise.Apply(Clean, LabelNoiseKind.Symmetric, double.NaN, 1));
        Assert.Throws<ArgumentException>(() => LabelNoise.Apply(DatasetTests.Numbered(5, 1), LabelNoiseKind.PairFlip, 0.5, 1));
    }

    private static void AssertMaskIsTrue(NoisyDataset noisy) =>
        Assert.Equal(Clean.Labels.Zip(noisy.Dataset.Labels.ToArray(), (clean, label) => clean != label), noisy.Flipped.ToArray());

    private static void AssertWithinFiveDeviations(int[] counts, int trials, double probability)
    {
        double deviation = Math.Sqrt(trials * probability * (1 - probability));
        Assert.All(counts, count => Assert.Equal(trials * probability, count, 5 * deviation));
    }
}
