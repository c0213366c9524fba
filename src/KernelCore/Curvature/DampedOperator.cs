using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A + damping I.</summary>
/// <param name="inner">A.</param>
/// <param name="damping">Added to every eigenvalue, in float32; may be negative (a shift).</param>
public sealed class DampedOperator(ILinearOperator inner, double damping) : ILinearOperator
{
    private readonly ILinearOperator _inner = inner ?? throw new ArgumentNullException(nameof(inner));

    /// <inheritdoc/>
    public Device Device => _inner.Device;

    /// <inheritdoc/>
    public int Dimension => _inner.Dimension;

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y)
    {
        _inner.Apply(x, y);
        Device.Kernels.Parameters.Axpy((float)damping, x, y);
    }
}
