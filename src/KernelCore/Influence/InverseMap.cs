using KernelCore.Data;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>What an inverse curvature is estimated from.</summary>
/// <param name="Model">The model at its weights.</param>
/// <param name="Data">Training samples.</param>
/// <param name="Loss">Loss of each sample.</param>
/// <param name="BatchSize">Samples per pass.</param>
/// <param name="HeldBytes">Bytes of captures to hold at most.</param>
/// <param name="Cancellation">Checked in every pass and iteration.</param>
internal sealed record CurvatureSource(IModel Model, Dataset Data, Loss Loss, int BatchSize, long HeldBytes, CancellationToken Cancellation);

/// <summary>An inverse curvature, with the orthonormal coordinates that it is applied in.</summary>
internal abstract class InverseMap : IDisposable
{
    /// <summary>The coordinates of a gradient.</summary>
    public abstract ParameterLayout Layout { get; }

    /// <summary>The largest relative residual of a solve so far; 0 for direct methods.</summary>
    public double LargestResidual { get; protected set; }

    /// <summary>Captures whose gradients are those given, in these coordinates; valid until the next call.</summary>
    public abstract CaptureSet Map(CaptureSet captures);

    /// <summary>y = C^-1 x.</summary>
    /// <param name="x">Flat, in the order of <see cref="Layout"/>.</param>
    /// <param name="y">As long, overwritten.</param>
    public abstract void Solve(Tensor x, Tensor y);

    public abstract void Dispose();
}
