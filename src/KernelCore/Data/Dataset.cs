using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Data;

/// <summary>Labelled samples in host memory: float32 features or token ids, and one class per sample. Immutable and thread safe.</summary>
/// <remarks>
/// Features are row-major, [<see cref="Count"/>, <see cref="SampleShape"/>], and finite; labels are in
/// [0, <see cref="ClassCount"/>). Data sets derived with other labels or another shape share the features.
/// </remarks>
public sealed class Dataset
{
    /// <summary>Most classes a data set may have.</summary>
    public const int MaxClasses = 1 << 16;

    // Whole numbers up to here are exact in float32.
    private const int LargestToken = 1 << 24;

    /// <summary>Creates a data set and checks its content.</summary>
    /// <param name="name">Name, used in messages and reports.</param>
    /// <param name="sampleShape">Extents of one sample, without a batch axis.</param>
    /// <param name="features">Features, row-major, sample after sample.</param>
    /// <param name="labels">Class of each sample.</param>
    /// <param name="classNames">One name per class.</param>
    /// <exception cref="ArgumentException">The number of features is not samples x sample size.</exception>
    /// <exception cref="InvalidDataFileException">
    /// There are no samples, features, or classes, a label is out of range, or a feature is NaN or infinite; the message
    /// names the sample (counted from 0) and the feature.
    /// </exception>
    public Dataset(
        string name, Shape sampleShape, ImmutableArray<float> features, ImmutableArray<int> labels, ImmutableArray<string> classNames)
        : this(name, sampleShape, features, labels, classNames, isTokens: false)
    {
    }

    private Dataset(
        string name, Shape sampleShape, ImmutableArray<float> features, ImmutableArray<int> labels, ImmutableArray<string> classNames, bool isTokens)
    {
        IsTokens = isTokens;
        Name = name;
        SampleShape = sampleShape;
        Features = features;
        Labels = labels;
        ClassNames = classNames;
        Check();
    }

    /// <summary>Name, used in messages and reports.</summary>
    public string Name { get; }

    /// <summary>Extents of one sample, without a batch axis.</summary>
    public Shape SampleShape { get; }

    /// <summary>Number of features of one sample.</summary>
    public int SampleSize => (int)SampleShape.Count;

    /// <summary>Number of samples, at least one.</summary>
    public int Count => Labels.Length;

    /// <summary>All features, row-major: [<see cref="Count"/>, <see cref="SampleShape"/>].</summary>
    public ImmutableArray<float> Features { get; }

    /// <summary>Whether the features are token ids, for models that start with an embedding: whole numbers in [0, 2^24].</summary>
    public bool IsTokens { get; }

    /// <summary>Class of each sample, in [0, <see cref="ClassCount"/>).</summary>
    public ImmutableArray<int> Labels { get; }

    /// <summary>Number of classes, whether or not every class has a sample.</summary>
    public int ClassCount => ClassNames.Length;

    /// <summary>One name per class.</summary>
    public ImmutableArray<string> ClassNames { get; }

    /// <summary>Names for classes that have none: "0", "1", ...</summary>
    /// <param name="count">Number of classes, 0 to <see cref="MaxClasses"/>.</param>
    public static ImmutableArray<string> NumberedClasses(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxClasses);
        var names = new string[count];
        for (int i = 0; i < count; i++)
        {
            names[i] = i.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(names);
    }

    /// <summary>The features of one sample.</summary>
    public ReadOnlySpan<float> Sample(int index) =>
        (uint)index < (uint)Count ? Features.AsSpan(index * SampleSize, SampleSize) : throw NoSample(index);

    /// <summary>Gathers samples into a batch. Allocates nothing.</summary>
    /// <param name="indices">Samples, in the order of the batch; repetitions are fine.</param>
    /// <param name="destination">At least indices x <see cref="SampleSize"/> elements, row-major.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a sample.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopySamples(ReadOnlySpan<int> indices, Span<float> destination)
    {
        int size = SampleSize;
        CheckDestination((long)indices.Length * size, destination.Length);
        ReadOnlySpan<float> features = Features.AsSpan();
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            if ((uint)index >= (uint)Count)
            {
                throw NoSample(index);
            }

            features.Slice(index * size, size).CopyTo(destination[(i * size)..]);
        }
    }

    /// <summary>Gathers the labels of a batch. Allocates nothing.</summary>
    /// <param name="indices">Samples, in the order of the batch; repetitions are fine.</param>
    /// <param name="destination">At least as many elements as indices.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a sample.</exception>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyLabels(ReadOnlySpan<int> indices, Span<int> destination)
    {
        CheckDestination(indices.Length, destination.Length);
        ReadOnlySpan<int> labels = Labels.AsSpan();
        for (int i = 0; i < indices.Length; i++)
        {
            int index = indices[i];
            destination[i] = (uint)index < (uint)labels.Length ? labels[index] : throw NoSample(index);
        }
    }

    /// <summary>The samples at the given indices, in that order. Copies their features.</summary>
    /// <exception cref="ArgumentException">There are no indices.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is not a sample.</exception>
    public Dataset Subset(ReadOnlySpan<int> indices)
    {
        if (indices.IsEmpty)
        {
            throw new ArgumentException($"{Name}: a subset needs at least one sample", nameof(indices));
        }

        var features = GC.AllocateUninitializedArray<float>(checked(indices.Length * SampleSize));
        var labels = new int[indices.Length];
        CopySamples(indices, features);
        CopyLabels(indices, labels);
        return new Dataset(
            Name, SampleShape, ImmutableCollectionsMarshal.AsImmutableArray(features), ImmutableCollectionsMarshal.AsImmutableArray(labels),
            ClassNames, IsTokens);
    }

    /// <summary>Samples drawn without replacement, in their original order.</summary>
    /// <param name="count">How many, 1 to <see cref="Count"/>; all of them gives the data set itself.</param>
    /// <param name="seed">Same seed, same samples: the first of a Philox shuffle, so fewer are among more.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many samples.</exception>
    public Dataset Draw(int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count);
        int[] drawn = [.. Enumerable.Range(0, Count)];
        Philox.Shuffle<int>(drawn, seed, 0);
        Array.Resize(ref drawn, count);
        Array.Sort(drawn);
        return count == Count ? this : Subset(drawn);
    }

    /// <summary>The same samples with other labels.</summary>
    /// <param name="labels">One label per sample.</param>
    /// <exception cref="ArgumentException">There are more or fewer labels than samples.</exception>
    /// <exception cref="InvalidDataFileException">A label is out of range.</exception>
    public Dataset WithLabels(ImmutableArray<int> labels) => new(Name, SampleShape, Features, labels, ClassNames, IsTokens);

    /// <summary>The same samples under another shape of the same size: pixels as an image, an image as a vector.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public Dataset WithSampleShape(Shape shape) => shape.Count == SampleSize
        ? new Dataset(Name, shape, Features, Labels, ClassNames, IsTokens)
        : throw new ArgumentException($"{Name}: samples of shape {SampleShape} cannot be viewed as {shape}", nameof(shape));

    /// <summary>The same labels with other features of the same shape: scaled ones, for example.</summary>
    /// <exception cref="ArgumentException">There are more or fewer features.</exception>
    /// <exception cref="InvalidDataFileException">A feature is NaN or infinite.</exception>
    public Dataset WithFeatures(ImmutableArray<float> features) => new(Name, SampleShape, features, Labels, ClassNames, IsTokens);

    /// <summary>The same samples with their features taken as token ids.</summary>
    /// <exception cref="InvalidDataFileException">A feature is not a whole number in [0, 2^24]; the message names it.</exception>
    public Dataset AsTokens() => new(Name, SampleShape, Features, Labels, ClassNames, isTokens: true);

    /// <summary>The same samples with other class names, as many or more.</summary>
    /// <exception cref="InvalidDataFileException">A label has no name.</exception>
    public Dataset WithClassNames(ImmutableArray<string> classNames) => new(Name, SampleShape, Features, Labels, classNames, IsTokens);

    /// <summary>Splits into a training and a test part, stratified: each class gives the same fraction of its samples.</summary>
    /// <param name="testFraction">Fraction of the test part, in (0, 1). A class of n samples gives round(fraction x n), halves up.</param>
    /// <param name="seed">Same seed, same split. Class c is shuffled with Philox stream c.</param>
    /// <remarks>Both parts keep the original order of samples.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not in (0, 1).</exception>
    /// <exception cref="InvalidDataFileException">A part would be empty.</exception>
    public DataSplit Split(double testFraction, ulong seed)
    {
        if (!(testFraction is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(testFraction), $"a fraction in (0, 1) is expected, got {testFraction}");
        }

        var inTest = new bool[Count];
        foreach (IGrouping<int, int> members in Enumerable.Range(0, Count).GroupBy(i => Labels[i]))
        {
            int[] shuffled = [.. members];
            Philox.Shuffle<int>(shuffled, seed, (ulong)members.Key);
            int testCount = (int)Math.Round(testFraction * shuffled.Length, MidpointRounding.AwayFromZero);
            foreach (int index in shuffled.AsSpan(0, testCount))
            {
                inTest[index] = true;
            }
        }

        int[] test = [.. Enumerable.Range(0, Count).Where(i => inTest[i])];
        int[] train = [.. Enumerable.Range(0, Count).Where(i => !inTest[i])];
        return test.Length > 0 && train.Length > 0
            ? new DataSplit(Subset(train), Subset(test))
            : throw new InvalidDataFileException($"{Name}: {Count} samples are too few to split with a test fraction of {testFraction}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Count} samples of shape {SampleShape}, {ClassCount} classes";

    private static void CheckDestination(long needed, int length)
    {
        if (length < needed)
        {
            throw new ArgumentException($"a batch of {needed} elements does not fit a destination of {length}", "destination");
        }
    }

    private ArgumentOutOfRangeException NoSample(int index) => new(nameof(index), $"{Name} has no sample {index}, it has {Count} samples");

    private void Check()
    {
        if (Features.Length != Count * SampleShape.Count)
        {
            throw new ArgumentException($"{Name}: {Count} labels and samples of shape {SampleShape} do not fit {Features.Length} features");
        }

        if (Count == 0 || SampleShape.Count == 0 || ClassCount is 0 or > MaxClasses)
        {
            throw new InvalidDataFileException(
                $"{Name}: {Count} samples of shape {SampleShape} in {ClassCount} classes; at least one of each is needed, and at most {MaxClasses} classes");
        }

        for (int i = 0; i < Count; i++)
        {
            if ((uint)Labels[i] >= (uint)ClassCount)
            {
                throw new InvalidDataFileException($"{Name}: label of sample {i} is {Labels[i]}, expected 0 to {ClassCount - 1}");
            }
        }

        if (!TensorPrimitives.IsFiniteAll(Features.AsSpan()))
        {
            throw BadFeature(float.IsFinite, "a finite number");
        }

        if (IsTokens && Features.Any(f => !IsToken(f)))
        {
            throw BadFeature(IsToken, $"a token id from 0 to {LargestToken}");
        }

        static bool IsToken(float feature) => feature is >= 0 and <= LargestToken && float.IsInteger(feature);
    }

    private InvalidDataFileException BadFeature(Func<float, bool> isGood, string expected)
    {
        int bad = 0;
        while (isGood(Features[bad]))
        {
            bad++;
        }

        return new InvalidDataFileException($"{Name}: feature {bad % SampleSize} of sample {bad / SampleSize} is {Features[bad]}, expected {expected}");
    }
}
