using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Torch.Tests;

/// <summary>Reproducible inputs.</summary>
internal static class Samples
{
    /// <summary>Normal features with labels.</summary>
    public static Batch Real(int classes, params int[] shape)
    {
        Shape all = Shape.Of(shape);
        return new Batch
        {
            Features = CpuDevice.Shared.Allocate(all, TestNumbers.Normal(1, (int)all.Count)),
            Labels = CpuDevice.Shared.AllocateIndices([shape[0]], TestNumbers.Integers(2, shape[0], classes)),
        };
    }

    /// <summary>Token ids with labels.</summary>
    public static Batch Tokens(int classes, int vocabulary, int batch, int tokens) => new()
    {
        Tokens = CpuDevice.Shared.AllocateIndices([batch, tokens], TestNumbers.Integers(3, batch * tokens, vocabulary)),
        Labels = CpuDevice.Shared.AllocateIndices([batch], TestNumbers.Integers(2, batch, classes)),
    };

    /// <summary>A small classification data set; features are normal, or token ids below a vocabulary.</summary>
    public static Dataset Dataset(int count, int classes, Shape sample, int vocabulary = 0)
    {
        int size = count * (int)sample.Count;
        float[] features = vocabulary == 0 ? TestNumbers.Normal(4, size) : Array.ConvertAll(TestNumbers.Integers(4, size, vocabulary), i => (float)i);
        var data = new Dataset("synthetic", sample, [.. features], [.. TestNumbers.Integers(5, count, classes)], Data.Dataset.NumberedClasses(classes));
        return vocabulary == 0 ? data : data.AsTokens();
    }
}
