using System.Collections.Immutable;
using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Kernels;

namespace KernelCore.Tests.Training;

/// <summary>Small labelled data sets.</summary>
internal static class Blobs
{
    /// <summary>Normal clouds around a random centre per class.</summary>
    public static Dataset Create(int count, Shape sampleShape, int classes, ulong stream = 1)
    {
        int size = (int)sampleShape.Count;
        int[] labels = TestNumbers.Integers(stream, count, classes);
        float[] centres = TestNumbers.Normal(stream + 1, classes * size), noise = TestNumbers.Normal(stream + 2, count * size);
        var features = ImmutableArray.CreateRange(noise.Select((v, k) => (0.7f * v) + centres[(labels[k / size] * size) + (k % size)]));
        return new Dataset("blobs", sampleShape, features, [.. labels], Dataset.NumberedClasses(classes));
    }
}
