namespace KernelCore.Curvature;

/// <summary>Settings of <see cref="Lissa"/>.</summary>
public sealed record LissaOptions
{
    /// <summary>s: the iteration converges when every eigenvalue of A / s + d lies between 0 and 2.</summary>
    public double Scale { get; init; } = 10;

    /// <summary>d, at least 0. The damping that takes effect is <see cref="EffectiveDamping"/>.</summary>
    public double Damping { get; init; }

    /// <summary>The most iterations, the depth of the recursion; one product each.</summary>
    public int MaxIterations { get; init; } = 1000;

    /// <summary>Stop when an update is at most this times the iterate; 0 to run the full depth.</summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <summary>s d: the result tends to (A + s d I)^-1 b.</summary>
    public double EffectiveDamping => Scale * Damping;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Scale);
        ArgumentOutOfRangeException.ThrowIfNegative(Damping);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxIterations);
        ArgumentOutOfRangeException.ThrowIfNegative(Tolerance);
    }
}
