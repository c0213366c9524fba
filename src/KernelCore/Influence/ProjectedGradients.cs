using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>The projected gradients of a data set at one model: [samples, size], with the value of the loss.</summary>
internal sealed class ProjectedGradients : IDisposable
{
    private ProjectedGradients(Tensor features, float[] losses, IReadOnlyList<ProjectedBlock> blocks) =>
        (Features, Losses, Blocks) = (features, losses, blocks);

    /// <summary>A row per sample.</summary>
    public Tensor Features { get; }

    public float[] Losses { get; }

    /// <summary>Columns by parameter.</summary>
    public IReadOnlyList<ProjectedBlock> Blocks { get; }

    public static ProjectedGradients Collect(
        IModel model, Dataset data, Loss loss, GradientProjection projection, int batchSize, CancellationToken cancellationToken)
    {
        using var source = new CaptureSource(model, data, loss, GradientScope.Model, batchSize);
        using var engine = new PerSampleEngine(model, new GradientQuery { Projection = projection });
        var losses = new float[data.Count];
        Tensor? features = null;
        IReadOnlyList<ProjectedBlock> blocks = [];
        for (int start = 0; start < data.Count; start += source.BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(source.BatchSize, data.Count - start);
            GradientResult result = engine.Evaluate(source.Run(start, count));
            int size = result.Projected!.Shape[1];
            features ??= model.Device.Allocate([data.Count, size]);
            model.Device.Kernels.Parameters.CopyRows(result.Projected, new Matrix(features, (long)start * size, count, size, size));
            source.Losses.CopyTo(losses.AsSpan(start));
            blocks = result.ProjectedBlocks;
        }

        return new ProjectedGradients(features!, losses, blocks);
    }

    public void Dispose() => Features.Dispose();
}
