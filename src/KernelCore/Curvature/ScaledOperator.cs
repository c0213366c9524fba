using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>factor A.</summary>
/// <param name="inner">A.</param>
/// <param name="factor">Applied in float32.</param>
public sealed class ScaledOperator(ILinearOperator inner, double factor) : ILinearOperator
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
        Device.Kernels.Parameters.Scale((float)factor, y);
    }
}
