namespace KernelCore.Curvature;

/// <summary>What is added to the eigenvalues of a matrix block before it is inverted.</summary>
public readonly record struct Damping
{
    private readonly double _value;
    private readonly bool _relative;

    private Damping(double value, bool relative)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        (_value, _relative) = (value, relative);
    }

    /// <summary>A tenth of the mean eigenvalue of each block, the choice of EK-FAC influence (arXiv 2308.03296).</summary>
    public static Damping Default => Relative(0.1);

    /// <summary>The same number for every block.</summary>
    public static Damping Absolute(double value) => new(value, relative: false);

    /// <summary>A multiple of the mean eigenvalue of each block.</summary>
    public static Damping Relative(double factor) => new(factor, relative: true);

    /// <summary>The number to add to these eigenvalues.</summary>
    internal double Of(double[] eigenvalues) => Of(() => eigenvalues.DefaultIfEmpty(1).Average());

    /// <summary>The number to add to eigenvalues of this mean, which is computed only if it matters.</summary>
    internal double Of(Func<double> meanEigenvalue) => _relative ? _value * meanEigenvalue() : _value;
}
