using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Settings of <see cref="ConjugateGradient"/> and <see cref="Minres"/>.</summary>
public sealed record KrylovOptions
{
    /// <summary>Stop when ||b - A x|| is at most this times ||b||. Vectors are float32: about 1e-6 is the least that can be met.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>The most iterations; one product each.</summary>
    public int MaxIterations { get; init; } = 1000;

    /// <summary>x_0, [n]; null for zero.</summary>
    public Tensor? Start { get; init; }

    internal void Validate(ILinearOperator a)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Tolerance);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxIterations);
        if (Start is not null)
        {
            a.RequireVector(Start, nameof(Start));
        }
    }
}
