using System.Runtime.InteropServices;
using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.LeaveOneOut;

/// <summary>The features on which a model's final linear layer works.</summary>
public static class HeadFeatures
{
    private const int BatchSize = 256;

    /// <summary>Runs a data set through a model, in evaluation mode, and keeps the input z of its head.</summary>
    /// <param name="model">A model that ends in a linear layer on vectors.</param>
    /// <param name="data">Samples.</param>
    /// <param name="cancellationToken">Checked before every pass.</param>
    /// <returns>The same samples and labels with features z, shape [width of the head].</returns>
    /// <exception cref="KernelCoreException">The model has no such head.</exception>
    public static Dataset Extract(IModel model, Dataset data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        using var loader = new BatchLoader(data, model.Device, BatchSize);
        int[] order = [.. Enumerable.Range(0, data.Count)];
        float[] features = [];
        int width = 0;
        for (int number = 0; number < loader.BatchCount; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> ids = loader.Slice(order, number);
            Tensor input = model.Forward(loader.Load(ids), ForwardMode.Evaluation).HeadInput
                ?? throw new KernelCoreException("a probe on a model's features needs a model that ends in a linear layer on vectors");
            if (number == 0)
            {
                width = input.Shape[1];
                features = new float[checked(data.Count * width)];
            }

            input.CopyTo(features.AsSpan(ids[0] * width, ids.Length * width));
        }

        return new Dataset(
            data.Name, [width], ImmutableCollectionsMarshal.AsImmutableArray(features), data.Labels, data.ClassNames);
    }

    /// <summary>Refuses a model whose head is too large, or missing, for a probe in place of it.</summary>
    internal static void RequireProbe(IModel model)
    {
        Shape weight = model.Head is { } head
            ? model.Parameters.Layout.Parameters[head.WeightIndex].Shape
            : throw new KernelCoreException("Laplace sample information needs a model that ends in a linear layer");
        ProbeHessian.RequireDense(weight[0], weight[1]);
    }
}
