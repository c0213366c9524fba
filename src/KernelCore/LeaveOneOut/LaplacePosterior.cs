using KernelCore.Kernels;

namespace KernelCore.LeaveOneOut;

/// <summary>A group of left-out samples whose information is asked for.</summary>
/// <param name="Samples">The samples.</param>
/// <param name="Deviations">W_-i - W, [samples x C, W].</param>
/// <param name="Probes">Evaluates the curvature of all other samples at W_-i; null to hold it as it is at W.</param>
internal sealed record PosteriorGroup(int[] Samples, Tensor Deviations, LeaveOneOutProbes? Probes);

/// <summary>The Laplace posterior of a probe, and how far it is from that without a sample.</summary>
internal abstract class LaplacePosterior : IDisposable
{
    private readonly Tensor _probabilities;

    protected LaplacePosterior(LinearProbe probe, double priorPrecision)
    {
        (Inputs, Point, PriorPrecision) = (probe.Inputs, probe.Point, priorPrecision);
        _probabilities = Point.Upload(Point.Probabilities);
    }

    protected ProbeInputs Inputs { get; }

    protected ProbePoint Point { get; }

    protected double PriorPrecision { get; }

    public static LaplacePosterior Create(PosteriorStructure structure, LinearProbe probe, double priorPrecision, CancellationToken cancellationToken) => structure switch
    {
        PosteriorStructure.Full => new FullPosterior(probe, priorPrecision, cancellationToken),
        PosteriorStructure.Kronecker => new KroneckerPosterior(probe, priorPrecision),
        _ => new DiagonalPosterior(probe, priorPrecision),
    };

    /// <summary>KL(posterior || posterior without the sample), for each sample of a group.</summary>
    public abstract double[] Information(PosteriorGroup group, CancellationToken cancellationToken);

    public virtual void Dispose() => _probabilities.Dispose();

    /// <summary>p' - p for every sample and probe of a group, block by block; p' is 0 for the sample that is left out.</summary>
    protected void Changes(PosteriorGroup group, ProbeFamily.UseChanges use, CancellationToken cancellationToken) => group.Probes!.Family.Changes(
        group.Deviations, group.Samples, group.Probes.Base, linear: false, _probabilities, use, cancellationToken);

    /// <summary>d of one sample, [C, W], in double.</summary>
    protected double[] Deviation(float[] deviations, int k) =>
        Array.ConvertAll(deviations.AsSpan(k * Inputs.Parameters, Inputs.Parameters).ToArray(), v => (double)v);

    protected ReadOnlySpan<double> ProbabilitiesOf(int sample) => Point.Probabilities.AsSpan(sample * Inputs.Classes, Inputs.Classes);
}
