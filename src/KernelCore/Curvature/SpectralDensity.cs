namespace KernelCore.Curvature;

/// <summary>
/// The distribution of an operator's eigenvalues by stochastic Lanczos quadrature: per probe, the Ritz values are nodes and the
/// squared first components of the eigenvectors of T are weights; probes count equally.
/// </summary>
/// <remarks>
/// Golub and Welsch (1969); Ghorbani, Krishnan, Xiao, "An investigation into neural net optimization via Hessian eigenvalue
/// density" (arXiv 1901.10159). Double after the products; deterministic by seed.
/// </remarks>
public sealed class SpectralDensity
{
    private const double Margin = 0.05;
    private readonly double[] _nodes, _weights;

    private SpectralDensity(double[] nodes, double[] weights, int steps)
    {
        (_nodes, _weights) = (nodes, weights);
        double halfRange = (nodes.Max() - nodes.Min()) / 2 / (1 - Margin);
        double size = nodes.Max(Math.Abs);

        // One node, or equal ones: any positive width shows the spike; this one is 0.1 % of its position.
        double spike = Math.Max(1e-3 * size, float.Epsilon);
        DefaultWidth = steps < 2 ? spike : Math.Max(spike, halfRange * 2 / ((steps - 1) * Math.Sqrt(8 * Math.Log(3))));
    }

    /// <summary>Nodes of all probes, in the order of the probes.</summary>
    public IReadOnlyList<double> Nodes => _nodes;

    /// <summary>Weights of the nodes; they sum to 1. n times a weight is a number of eigenvalues.</summary>
    public IReadOnlyList<double> Weights => _weights;

    /// <summary>
    /// Standard deviation of the smoothing Gaussian, in units of the eigenvalues: half the range of the nodes, with a margin of
    /// 5 %, times 2 / ((m - 1) sqrt(8 ln 3)) for m steps, the resolution of the quadrature (curvlinops).
    /// </summary>
    public double DefaultWidth { get; }

    /// <summary>Estimates the density from several random starts.</summary>
    /// <param name="a">A, symmetric.</param>
    /// <param name="steps">Lanczos steps per probe.</param>
    /// <param name="probes">Random starts with independent signs.</param>
    /// <param name="seed">Of the signs.</param>
    /// <param name="progress">Told the largest node after every probe.</param>
    /// <param name="cancellation">Checked in every step.</param>
    /// <exception cref="KernelCore.Kernels.KernelCoreException">A number is not finite.</exception>
    public static SpectralDensity Estimate(
        ILinearOperator a, int steps = 64, int probes = 1, ulong seed = 0,
        IProgress<IterationProgress>? progress = null, CancellationToken cancellation = default) =>
        Estimate(a, steps, probes, Probes.Rademacher(seed), progress, cancellation);

    /// <summary>The density at a number: sum_k w_k N(x; node_k, width^2). Integrates to 1.</summary>
    /// <param name="x">Where.</param>
    /// <param name="width">Standard deviation of the Gaussian, positive; null for <see cref="DefaultWidth"/>.</param>
    public double Evaluate(double x, double? width = null)
    {
        double sigma = width ?? DefaultWidth, sum = 0;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sigma, nameof(width));
        for (int k = 0; k < _nodes.Length; k++)
        {
            double t = (x - _nodes[k]) / sigma;
            sum += _weights[k] * Math.Exp(-t * t / 2);
        }

        return sum / (sigma * Math.Sqrt(2 * Math.PI));
    }

    /// <summary>The density on an even grid from the smallest to the largest node, five widths beyond on either side.</summary>
    /// <param name="points">At least 2.</param>
    /// <param name="width">Standard deviation of the Gaussian; null for <see cref="DefaultWidth"/>.</param>
    public (double X, double Density)[] Grid(int points = 512, double? width = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 2);
        double margin = 5 * (width ?? DefaultWidth), low = _nodes.Min() - margin, high = _nodes.Max() + margin;
        return [.. Enumerable.Range(0, points).Select(i => low + ((high - low) * i / (points - 1))).Select(x => (x, Evaluate(x, width)))];
    }

    internal static SpectralDensity Estimate(
        ILinearOperator a, int steps, int probes, ProbeSource source, IProgress<IterationProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(probes);
        var nodes = new List<double>();
        var weights = new List<double>();
        using var start = Probes.Allocate(a);
        for (int k = 0; k < probes; k++)
        {
            source(k, start);
            using Lanczos lanczos = Lanczos.Run(a, start, steps, null, cancellation);
            nodes.AddRange(lanczos.RitzValues);
            weights.AddRange(lanczos.Weights.Select(w => w / probes));
            progress?.Report(new IterationProgress(k + 1, probes, nodes.Max()));
        }

        return new SpectralDensity([.. nodes], [.. weights], Math.Min(steps, a.Dimension));
    }
}
