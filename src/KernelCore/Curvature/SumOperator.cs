using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A + B. Owns one work vector, not the two operators.</summary>
public sealed class SumOperator : ILinearOperator, IDisposable
{
    private readonly ILinearOperator _left, _right;
    private readonly Tensor _term;

    /// <summary>Creates the sum of two operators of the same dimension on the same device.</summary>
    public SumOperator(ILinearOperator left, ILinearOperator right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (left.Dimension != right.Dimension || !ReferenceEquals(left.Device, right.Device))
        {
            throw new ArgumentException(
                $"operators of dimension {left.Dimension} on {left.Device} and {right.Dimension} on {right.Device} have no sum", nameof(right));
        }

        (_left, _right) = (left, right);
        _term = left.Device.Allocate([left.Dimension]);
    }

    /// <inheritdoc/>
    public Device Device => _left.Device;

    /// <inheritdoc/>
    public int Dimension => _left.Dimension;

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y)
    {
        _left.Apply(x, y);
        _right.Apply(x, _term);
        Device.Kernels.Parameters.Axpy(1, _term, y);
    }

    /// <inheritdoc/>
    public void Dispose() => _term.Dispose();
}
