using System.Collections.Immutable;
using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Tests.Data;

public sealed class DatasetTests
{
    [Fact]
    public void GathersSamplesAndLabels()
    {
        Dataset data = Random(count: 23, size: 7, classes: 5);
        int[] indices = [22, 0, 3, 3];
        var features = new float[(4 * 7) + 2];
        var labels = new int[5];
        data.CopySamples(indices, features);
        data.CopyLabels(indices, labels);
        for (int i = 0; i < indices.Length; i++)
        {
            Assert.Equal(data.Sample(indices[i]).ToArray(), features[(i * 7)..((i + 1) * 7)]);
            Assert.Equal(data.Features[indices[i] * 7], features[i * 7]);
            Assert.Equal(data.Labels[indices[i]], labels[i]);
        }

        Assert.Equal([0f, 0f], features[^2..]);
        Assert.Throws<ArgumentException>(() => data.CopySamples([1, 2], new float[13]));
        Assert.Throws<ArgumentException>(() => data.CopyLabels([1, 2], new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.CopySamples([23], new float[7]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.CopyLabels([-1], new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Sample(23).Length);
    }

    [Fact]
    public void GatheringAllocatesNothing()
    {
        Dataset data = Random(count: 64, size: 33, classes: 5);
        int[] indices = TestNumbers.Integers(9, 32, 64);
        var features = new float[32 * 33];
        var labels = new int[32];
        SteadyState.AssertNoAllocation(() =>
        {
            data.CopySamples(indices, features);
            data.CopyLabels(indices, labels);
        });
    }

    [Fact]
    public void SubsetKeepsOrderAndRepetitions()
    {
        Dataset data = Random(count: 11, size: 3, classes: 4);
        Dataset subset = data.Subset([10, 2, 2]);
        Assert.Equal(3, subset.Count);
        Assert.Equal(data.Sample(10).ToArray(), subset.Sample(0).ToArray());
        Assert.Equal(data.Sample(2).ToArray(), subset.Sample(2).ToArray());
        Assert.Equal([data.Labels[10], data.Labels[2], data.Labels[2]], subset.Labels.ToArray());
        Assert.Equal(data.ClassCount, subset.ClassCount);
        Assert.Throws<ArgumentException>(() => data.Subset([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Subset([11]));
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void SplitIsStratifiedCompleteAndRepeatable(double fraction)
    {
        Dataset data = Numbered(count: 503, classes: 7);
        DataSplit split = data.Split(fraction, seed: 42);
        DataSplit again = data.Split(fraction, seed: 42);
        Assert.Equal(split.Test.Features.ToArray(), again.Test.Features.ToArray());
        Assert.Equal(split.Train.Labels.ToArray(), again.Train.Labels.ToArray());
        Assert.NotEqual(split.Test.Features.ToArray(), data.Split(fraction, seed: 43).Test.Features.ToArray());

        Assert.Equal(data.Features.Order(), split.Train.Features.Concat(split.Test.Features).Order());
        Assert.Equal(split.Test.Features.Order(), split.Test.Features.ToArray());
        Assert.Equal(split.Train.Features.Order(), split.Train.Features.ToArray());
        for (int label = 0; label < 7; label++)
        {
            int expected = (int)Math.Floor((fraction * data.Labels.Count(x => x == label)) + 0.5);
            Assert.Equal(expected, split.Test.Labels.Count(x => x == label));
        }
    }

    [Fact]
    public void SplitRefusesBadFractionsAndEmptyParts()
    {
        Dataset data = Random(count: 4, size: 1, classes: 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Split(double.NaN, 1));
        Assert.Contains("too few to split", Assert.Throws<InvalidDataFileException>(() => data.Split(0.001, 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "x: feature 1 of sample 2 is NaN, expected a finite number")]
    [InlineData(float.NegativeInfinity, "x: feature 1 of sample 2 is -Infinity, expected a finite number")]
    public void NamesTheFeatureThatIsNotFinite(float bad, string expected)
    {
        float[] features = new float[3 * 40];
        features[(2 * 3) + 1] = bad;
        var error = Assert.Throws<InvalidDataFileException>(() => new Dataset("x", [3], [.. features], [.. new int[40]], ["only"]));
        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void RefusesInconsistentContent()
    {
        ImmutableArray<string> two = ["a", "b"];
        AssertRefused("x: label of sample 1 is 2, expected 0 to 1", () => new Dataset("x", [1], [1, 2], [0, 2], two));
        AssertRefused("x: label of sample 0 is -1, expected 0 to 1", () => new Dataset("x", [1], [1, 2], [-1, 2], two));
        AssertRefused("x: 0 samples of shape [1] in 2 classes", () => new Dataset("x", [1], [], [], two));
        AssertRefused("x: 2 samples of shape [0] in 2 classes", () => new Dataset("x", [0], [], [0, 1], two));
        AssertRefused("x: 1 samples of shape [1] in 0 classes", () => new Dataset("x", [1], [1], [0], []));
        Assert.Throws<ArgumentException>(() => new Dataset("x", [2], [1, 2, 3], [0, 1], two));

        Dataset data = new("x", [2, 3], [.. new float[12]], [0, 1], two);
        Assert.Throws<ArgumentException>(() => data.WithLabels([1]));
        AssertRefused("label of sample 1 is 5", () => data.WithLabels([1, 5]));
        Assert.Throws<ArgumentException>(() => data.WithSampleShape([5]));
        Assert.Equal(Shape.Of(1, 6), data.WithSampleShape([1, 6]).SampleShape);
    }

    [Fact]
    public void StandardizationGivesUnitMoments()
    {
        float[] features = TestNumbers.Normal(5, 101 * 3);
        for (int i = 0; i < 101; i++)
        {
            features[(3 * i) + 1] = (1000 * features[(3 * i) + 1]) + 5;
            features[(3 * i) + 2] = 7;
        }

        var data = new Dataset("x", [3], [.. features], [.. new int[101]], ["only"]);
        Dataset scaled = Standardization.Fit(data).Apply(data);
        for (int feature = 0; feature < 2; feature++)
        {
            double[] column = [.. Enumerable.Range(0, 101).Select(i => (double)scaled.Sample(i)[feature])];

            // One rounding to float32 per element: the mean moves by at most u max|x|, the second moment by 2 u mean x^2.
            Assert.Equal(0, column.Average(), TestNumbers.UnitRoundoff * column.Max(Math.Abs));
            Assert.Equal(1, column.Average(x => x * x), 4 * TestNumbers.UnitRoundoff);
        }

        Assert.All(Enumerable.Range(0, 101), i => Assert.Equal(0, scaled.Sample(i)[2]));
        Assert.Throws<ArgumentException>(() => Standardization.Fit(data).Apply(Random(3, 2, 2)));
    }

    internal static Dataset Random(int count, int size, int classes) => new(
        "random", [size], [.. TestNumbers.Normal(1, count * size)], [.. TestNumbers.Integers(2, count, classes)], Dataset.NumberedClasses(classes));

    /// <summary>Sample i has the single feature i.</summary>
    internal static Dataset Numbered(int count, int classes) => new(
        "numbered", [1], [.. Enumerable.Range(0, count).Select(i => (float)i)], [.. TestNumbers.Integers(3, count, classes)], Dataset.NumberedClasses(classes));

    private static void AssertRefused(string expected, Action action) =>
        Assert.Contains(expected, Assert.Throws<InvalidDataFileException>(action).Message, StringComparison.Ordinal);
}
