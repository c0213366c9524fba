using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>An estimated eigenvalue.</summary>
/// <param name="Value">lambda.</param>
/// <param name="Residual">||A q - lambda q|| for the unit vector q found with it, by a product of its own: an eigenvalue of A is no farther away than this.</param>
public readonly record struct Eigenvalue(double Value, double Residual);

/// <summary>How much to spend on a <see cref="SpectrumSummary"/>.</summary>
public sealed record SpectrumOptions
{
    /// <summary>Eigenvalues to report.</summary>
    public int Top { get; init; } = 10;

    /// <summary>Lanczos steps, for the eigenvalues and for each probe of the density.</summary>
    public int Steps { get; init; } = 64;

    /// <summary>Random starts of the density.</summary>
    public int Probes { get; init; } = 3;

    /// <summary>Products for the trace, at least 3.</summary>
    public int TraceProducts { get; init; } = 60;

    /// <summary>Of all random vectors.</summary>
    public ulong Seed { get; init; }
}

/// <summary>What products with vectors tell of a symmetric matrix: its largest eigenvalues, its trace and the density of its spectrum.</summary>
/// <param name="Dimension">Rows of the matrix.</param>
/// <param name="Eigenvalues">By decreasing size |lambda|, from <see cref="Lanczos"/>.</param>
/// <param name="Trace">From <see cref="HutchPlusPlus"/>.</param>
/// <param name="Density">From stochastic Lanczos quadrature.</param>
public sealed record SpectrumSummary(int Dimension, IReadOnlyList<Eigenvalue> Eigenvalues, TraceEstimate Trace, SpectralDensity Density)
{
    /// <summary>Estimates all three; deterministic by seed.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="options">How much to spend.</param>
    /// <param name="progress">Receives the fraction done after every product.</param>
    /// <param name="cancellation">Checked before every product.</param>
    /// <exception cref="KernelCoreException">A number is not finite.</exception>
    public static SpectrumSummary Estimate(
        ILinearOperator a, SpectrumOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        options ??= new SpectrumOptions();
        var counted = new Counted(a, (options.Steps * (1 + options.Probes)) + options.Top + options.TraceProducts, progress);
        Eigenvalue[] largest = Largest(counted, options, cancellation);
        TraceEstimate trace = HutchPlusPlus.Trace(counted, options.TraceProducts, options.Seed, cancellation);
        SpectralDensity density = SpectralDensity.Estimate(counted, options.Steps, options.Probes, options.Seed, null, cancellation);
        progress?.Report(1);
        return new SpectrumSummary(a.Dimension, largest, trace, density);
    }

    /// <summary>The residuals of Lanczos are those of exact arithmetic; float32 products leave more.</summary>
    private static Eigenvalue[] Largest(ILinearOperator a, SpectrumOptions options, CancellationToken cancellation)
    {
        using Lanczos lanczos = Lanczos.Run(a, options.Steps, options.Seed, null, cancellation);
        using EigenPairs pairs = lanczos.Pairs([.. Enumerable.Range(0, lanczos.Steps).OrderByDescending(k => Math.Abs(lanczos.RitzValues[k])).Take(options.Top)]);
        using Tensor product = a.Device.Allocate([a.Dimension]);
        return [.. pairs.Vectors.Rows().Select((q, k) =>
        {
            cancellation.ThrowIfCancellationRequested();
            a.Apply(q, product);
            product.Add(-pairs.Values[k], q);
            return new Eigenvalue(pairs.Values[k], product.Norm());
        })];
    }

    /// <summary>Reports how many of the planned products are done.</summary>
    private sealed class Counted(ILinearOperator inner, int planned, IProgress<double>? progress) : ILinearOperator
    {
        private int _done;

        public Device Device => inner.Device;

        public int Dimension => inner.Dimension;

        public void Apply(Tensor x, Tensor y)
        {
            inner.Apply(x, y);
            progress?.Report(Math.Min(1, (double)++_done / planned));
        }
    }
}
