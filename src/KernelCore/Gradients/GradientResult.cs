using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Gradients;

/// <summary>A per-sample scalar, in total and by parameter.</summary>
public sealed class PerSampleScalar : IDisposable
{
    internal PerSampleScalar(Device device, int parameters, int batch)
    {
        Total = device.Allocate([batch]);
        ByParameter = device.Allocate([parameters, batch]);
        Rows = [.. Enumerable.Range(0, parameters).Select(k => ByParameter.View((long)k * batch, [batch]))];
    }

    /// <summary>[batch], over all trainable parameters.</summary>
    public Tensor Total { get; }

    /// <summary>[parameters, batch], a row per parameter of the layout; frozen and unused ones are zero.</summary>
    public Tensor ByParameter { get; }

    internal Tensor[] Rows { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Total.Dispose();
        ByParameter.Dispose();
    }
}

/// <summary>What a <see cref="GradientQuery"/> asked for; everything else is null.</summary>
/// <remarks>The tensors belong to the engine: its next evaluation of the same batch size overwrites them, and it keeps those of the last four sizes.</remarks>
public sealed class GradientResult : IDisposable
{
    private Workspace? _workspace;

    internal GradientResult(GradientQuery query, ParameterLayout layout, Device device, int batch)
    {
        int parameters = layout.Parameters.Count;
        Batch = batch;
        Losses = device.Allocate([batch]);
        SquaredNorms = query.NeedsNorms ? new PerSampleScalar(device, parameters, batch) : null;
        WeightDots = query.NeedsWeightDots ? new PerSampleScalar(device, parameters, batch) : null;
        Cosines = query.Cosines ? new PerSampleScalar(device, parameters, batch) : null;
        DirectionDots = query.Direction is not null ? new PerSampleScalar(device, parameters, batch) : null;
        ClipCoefficients = query.ClipNorm is not null ? device.Allocate([batch]) : null;
        ClippedSum = query.ClipNorm is not null ? new ParameterVector(layout, device) : null;
        Gram = query.Gram ? device.Allocate([batch, batch]) : null;
        SquaredSum = query.SquaredSum ? new ParameterVector(layout, device) : null;
        Sum = query.Sum ? new ParameterVector(layout, device) : null;
        Gradients = query.Materialise ? [.. layout.Parameters.Select(p => device.Allocate(p.Shape.Prepend(batch)))] : null;
    }

    /// <summary>Samples.</summary>
    public int Batch { get; }

    /// <summary>||grad_i||^2.</summary>
    public PerSampleScalar? SquaredNorms { get; }

    /// <summary>grad_i . w.</summary>
    public PerSampleScalar? WeightDots { get; }

    /// <summary>cos(grad_i, w); 0 where the gradient or the weight is zero.</summary>
    public PerSampleScalar? Cosines { get; }

    /// <summary>grad_i . v.</summary>
    public PerSampleScalar? DirectionDots { get; }

    /// <summary>min(1, C / ||grad_i||), [batch].</summary>
    public Tensor? ClipCoefficients { get; }

    /// <summary>sum_i min(1, C / ||grad_i||) grad_i.</summary>
    public ParameterVector? ClippedSum { get; }

    /// <summary>grad_i . grad_j, [batch, batch].</summary>
    public Tensor? Gram { get; }

    /// <summary>sum_i grad_i o grad_i.</summary>
    public ParameterVector? SquaredSum { get; }

    /// <summary>sum_i grad_i.</summary>
    public ParameterVector? Sum { get; }

    /// <summary>grad_i per parameter of the layout, [batch, ...shape].</summary>
    public IReadOnlyList<Tensor>? Gradients { get; }

    /// <summary>Work space of the loss, [batch].</summary>
    internal Tensor Losses { get; }

    /// <summary>Projected grad_i, [batch, size].</summary>
    public Tensor? Projected => ProjectedRows;

    /// <summary>Columns of <see cref="Projected"/> by parameter; empty without a projection.</summary>
    public IReadOnlyList<ProjectedBlock> ProjectedBlocks { get; internal set; } = [];

    internal Tensor? ProjectedRows;

    /// <summary>How the latest captures are clipped and summed.</summary>
    internal ClippedSums? ClippedSums { get; private set; }

    /// <summary>Plans <see cref="ClippedSums"/>. A pass that comes again with the same captures keeps its plan, others the memory.</summary>
    internal void PlanClipping(CaptureSet captures, ParameterVector weights)
    {
        if (ClippedSums?.Captures != captures)
        {
            _workspace ??= new Workspace(weights.Flat.Device);
            _workspace.Reset();
            ClippedSums = new ClippedSums(captures, this, weights, _workspace);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Losses.Dispose();
        SquaredNorms?.Dispose();
        WeightDots?.Dispose();
        Cosines?.Dispose();
        DirectionDots?.Dispose();
        ClipCoefficients?.Dispose();
        ClippedSum?.Dispose();
        Gram?.Dispose();
        SquaredSum?.Dispose();
        Sum?.Dispose();
        ProjectedRows?.Dispose();
        _workspace?.Dispose();
        foreach (Tensor gradient in Gradients ?? [])
        {
            gradient.Dispose();
        }
    }
}
