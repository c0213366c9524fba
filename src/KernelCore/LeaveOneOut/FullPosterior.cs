using KernelCore.Curvature;

namespace KernelCore.LeaveOneOut;

/// <summary>The posterior with its whole precision matrix. With the curvature held there is the closed form of <see cref="LeftOutSample.Information"/> instead.</summary>
internal sealed class FullPosterior : LaplacePosterior
{
    private readonly double[] _precision, _inverse;
    private readonly double _logDeterminant;

    public FullPosterior(LinearProbe probe, double priorPrecision, CancellationToken cancellationToken)
        : base(probe, priorPrecision)
    {
        double[] hessian = ProbeHessian.Sum(Inputs, ProbeHessian.OfProbabilities(Point.Probabilities, Inputs.Classes), cancellationToken);
        _precision = ProbeHessian.Penalise(hessian, Inputs.Parameters, priorPrecision);
        var factor = new CholeskySolver([.. _precision], Inputs.Parameters);
        (_inverse, _logDeterminant) = (factor.Invert(cancellationToken), factor.LogDeterminant);
    }

    public override double[] Information(PosteriorGroup group, CancellationToken cancellationToken)
    {
        int classes = Inputs.Classes, probes = group.Samples.Length;
        float[] deviations = group.Deviations.ToArray(), changes = new float[checked(probes * Inputs.Count * classes)];
        Changes(group, (first, rows, block) =>
        {
            float[] host = block.ToArray();
            for (int at = 0; at < host.Length; at += classes)
            {
                int k = at / classes % probes, row = at / classes / probes;
                host.AsSpan(at, classes).CopyTo(changes.AsSpan(((k * Inputs.Count) + first + row) * classes));
            }
        }, cancellationToken);

        var information = new double[probes];
        for (int k = 0; k < probes; k++)
        {
            int start = k * Inputs.Count * classes;
            double[] change = ProbeHessian.Sum(Inputs, (c, e, first, weights) =>
            {
                for (int j = 0; j < weights.Length; j++)
                {
                    // p'_c p'_e - p_c p_e with p' = p + x.
                    int row = (first + j) * classes;
                    double xc = changes[start + row + c], xe = changes[start + row + e];
                    weights[j] = (float)((xc * (Point.Probabilities[row + e] + xe)) + (Point.Probabilities[row + c] * xe));
                }
            }, cancellationToken);
            information[k] = GaussianDivergence.Dense(_precision, _inverse, _logDeterminant, change, Deviation(deviations, k));
        }

        return information;
    }
}
