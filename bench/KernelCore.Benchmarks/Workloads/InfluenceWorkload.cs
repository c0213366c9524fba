using System.Collections.Immutable;
using System.Runtime.InteropServices;
using KernelCore.Data;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>Random training and test samples before the MLP of the comparison, ready for all-pairs influence.</summary>
public sealed class InfluenceWorkload : IDisposable
{
    private const ulong Seed = 4;
    private const ulong LabelStream = 1;

    private readonly Network _network;
    private readonly Dataset _train, _test;

    /// <summary>Creates weights and samples.</summary>
    public InfluenceWorkload(Device device, int trains, int tests)
    {
        _network = new Network(device, Workload.Mlp.Layers, Seed);
        (_train, _test) = (Random(trains, Seed), Random(tests, Seed + 1));
    }

    /// <summary>Computes the matrix [test x train] once, captures included, and reads it tile by tile.</summary>
    /// <param name="scope">The last layer alone: TracIn; the model: Grad-Dot.</param>
    /// <returns>Its first column summed, so that nothing can be left out.</returns>
    public double Run(GradientScope scope)
    {
        InfluenceMethod method = scope == GradientScope.Model
            ? GradientProducts.GradDot(_network)
            : GradientProducts.TracIn([Checkpoint.Of(_network)], scope);
        return method.Compute(_train, _test).Sum(tile => Enumerable.Range(0, tile.TestCount).Sum(row => (double)tile.Row(row)[0]));
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private static Dataset Random(int count, ulong seed)
    {
        Shape sample = Workload.Mlp.Sample;
        var features = new float[count * sample.Count];
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = Philox.Uniform(seed, 0, (ulong)i) - 0.5f;
        }

        var labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = Philox.Integer(seed, LabelStream, (ulong)i, Workload.Classes);
        }

        return new Dataset(
            "random", sample, ImmutableCollectionsMarshal.AsImmutableArray(features), ImmutableCollectionsMarshal.AsImmutableArray(labels),
            Dataset.NumberedClasses(Workload.Classes));
    }
}
