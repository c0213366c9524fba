using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>
/// Laplace sample information (arXiv 2505.15303): LSI_i = KL(N(W, L^-1) || N(W_-i, L_-i^-1)) between the Laplace posteriors of a linear probe
/// trained with and without sample i. High for mislabelled and atypical samples.
/// </summary>
/// <remarks>
/// L is the sum over samples of the generalised Gauss-Newton matrix plus prior precision times the identity. With
/// <see cref="LeaveOneOutMethod.NewtonStep"/> the weights move by one Newton step and the curvature of the other samples is held: a closed form
/// per sample. The other methods evaluate the curvature of all other samples at W_-i.
/// </remarks>
public static class LaplaceSampleInformation
{
    /// <summary>Scores samples by a linear probe on their features.</summary>
    /// <param name="features">Features, see <see cref="HeadFeatures"/>, and the labels to judge.</param>
    /// <param name="device">Where products run.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="KernelCoreException">The probe is too large for a Hessian that the options need, or training diverged.</exception>
    public static LsiResult Compute(
        Dataset features, Device device, LsiOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(device);
        options ??= new LsiOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Checked, nameof(options));
        LinearProbe.RequirePositive(options.PriorPrecision, nameof(options));
        bool descends = options.Method is LeaveOneOutMethod.Retraining or LeaveOneOutMethod.Iterative;
        using LinearProbe probe = descends
            ? LinearProbe.Train(features, device, options.Training, cancellationToken)
            : LinearProbe.Fit(features, device, options.PriorPrecision, cancellationToken);
        using var probes = new LeaveOneOutProbes(probe, options.Method, cancellationToken);
        int[] samples = LeaveOneOutProbes.Select(options.Samples, features);
        if (options.Method != LeaveOneOutMethod.NewtonStep)
        {
            return Compare(probes, samples, options, options.Method, progress, cancellationToken);
        }

        LsiResult result = options.Posterior == PosteriorStructure.Full
            ? ClosedForm(probes, samples, progress, cancellationToken)
            : Compare(probes, samples, options, options.Method, progress, cancellationToken);
        return options.Checked > 0 && samples.Length > 0 ? result with { StepError = Check(probes, result, options, cancellationToken) } : result;
    }

    /// <summary>
    /// Gaussian linear regression, exactly and without any retraining: LSI_i = 1/2 [-h - ln(1 - h) + (r^2 / v) h / (1 - h)] with the residual r,
    /// the noise variance v and the leverage h = z_i^T L^-1 z_i / v.
    /// </summary>
    /// <param name="features">[samples, width], row-major; a column of ones gives a bias.</param>
    /// <param name="targets">A target per sample.</param>
    /// <param name="noiseVariance">v.</param>
    /// <param name="priorPrecision">Prior precision of the weights, at least 0.</param>
    /// <returns>Nats per sample, in double.</returns>
    /// <exception cref="KernelCoreException">The weights are not determined: more samples or a prior precision above 0 are needed.</exception>
    public static double[] LeastSquares(ReadOnlySpan<double> features, ReadOnlySpan<double> targets, double noiseVariance, double priorPrecision)
    {
        LinearProbe.RequirePositive(noiseVariance, nameof(noiseVariance));
        ArgumentOutOfRangeException.ThrowIfNegative(priorPrecision);
        int count = targets.Length, width = count == 0 ? 0 : features.Length / count;
        if (width == 0 || features.Length != count * width)
        {
            throw new ArgumentException($"{count} targets need as many rows of features, got {features.Length} numbers", nameof(features));
        }

        var precision = new double[width * width];
        var weights = new double[width];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> z = features.Slice(i * width, width);
            TensorPrimitives.MultiplyAdd(z, targets[i] / noiseVariance, weights, weights);
            for (int a = 0; a < width; a++)
            {
                Span<double> row = precision.AsSpan(a * width, width);
                TensorPrimitives.MultiplyAdd(z, z[a] / noiseVariance, row, row);
            }
        }

        var solver = new CholeskySolver(ProbeHessian.Penalise(precision, width, priorPrecision), width);
        solver.SolveInPlace(weights);
        var information = new double[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<double> z = features.Slice(i * width, width);
            double leverage = TensorPrimitives.Dot(z, solver.Solve(z)) / noiseVariance, residual = targets[i] - TensorPrimitives.Dot(z, weights);
            information[i] = (GaussianDivergence.Excess(-leverage) + (residual * residual / noiseVariance * leverage / (1 - leverage))) / 2;
        }

        return information;
    }

    private static LsiResult ClosedForm(LeaveOneOutProbes probes, int[] samples, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        ProbePoint point = probes.Probe.Point;
        int classes = probes.Probe.Inputs.Classes;
        double[] information = new double[samples.Length], losses = new double[samples.Length], work = new double[2 * classes];
        for (int start = 0; start < samples.Length; start += probes.Family.Capacity)
        {
            cancellationToken.ThrowIfCancellationRequested();
            LeftOutSample[] group = probes.Inverse!.LeaveOut(samples.AsSpan(start, Math.Min(probes.Family.Capacity, samples.Length - start)));
            for (int k = 0; k < group.Length; k++)
            {
                information[start + k] = group[k].Information();
                double[] logits = group[k].Movement(group[k].Removal());
                TensorPrimitives.Add(logits, point.Logits.AsSpan(group[k].Sample * classes, classes), logits);
                losses[start + k] = ProbePoint.CrossEntropy(
                    logits, probes.Probe.Data.Labels[group[k].Sample], work.AsSpan(0, classes), work.AsSpan(classes));
            }

            progress?.Report((double)(start + group.Length) / samples.Length);
        }

        return new LsiResult(samples, information, losses, Predictions(probes.Probe, samples), null);
    }

    private static LsiResult Compare(
        LeaveOneOutProbes probes, int[] samples, LsiOptions options, LeaveOneOutMethod method, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using LaplacePosterior posterior = LaplacePosterior.Create(options.Posterior, probes.Probe, options.PriorPrecision, cancellationToken);
        double[] information = new double[samples.Length], losses = new double[samples.Length];
        probes.ForGroups(samples, method, (start, group, deviations, _) =>
        {
            LeaveOneOutProbes? refitted = method == LeaveOneOutMethod.NewtonStep ? null : probes;
            posterior.Information(new PosteriorGroup(group, deviations, refitted), cancellationToken).CopyTo(information, start);
            probes.Losses(group, deviations).CopyTo(losses, start);
        }, progress, cancellationToken);
        return new LsiResult(samples, information, losses, Predictions(probes.Probe, samples), null);
    }

    private static int[] Predictions(LinearProbe probe, int[] samples) =>
        Array.ConvertAll(samples, i => TensorPrimitives.IndexOfMax(probe.Probabilities.Slice(i * probe.Inputs.Classes, probe.Inputs.Classes)));

    private static NewtonStepError Check(LeaveOneOutProbes probes, LsiResult result, LsiOptions options, CancellationToken cancellationToken)
    {
        int count = Math.Min(options.Checked, result.Samples.Length);
        int[] positions = [.. Enumerable.Range(0, count).Select(k => (int)((long)k * result.Samples.Length / count))];
        int[] samples = [.. positions.Select(at => result.Samples[at])];
        double[] refitted = Compare(probes, samples, options, LeaveOneOutMethod.Newton, null, cancellationToken).Information;
        double[] errors = [.. positions.Select((at, k) => Math.Abs((result.Information[at] / refitted[k]) - 1)).Order()];
        return new NewtonStepError(count, errors[count / 2], errors[^1]);
    }
}
