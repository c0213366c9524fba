using KernelCore.Data;
using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>A model without each of some samples.</summary>
/// <param name="Samples">The samples that were left out.</param>
/// <param name="Deviations">W_-i - W, [samples, P]: for a probe P is [classes, features + 1] with the bias last, for a network its flat parameters.</param>
/// <param name="Losses">Loss of each sample under the model that has not seen it: their mean is the leave-one-out cross-validation.</param>
/// <param name="LastSteps">
/// Norm of the last Newton step over the norm of the deviation, an estimate of the relative error; NaN for methods that take no further step.
/// </param>
public sealed record LeaveOneOutResult(int[] Samples, float[] Deviations, double[] Losses, double[] LastSteps);

/// <summary>Leaves samples out of a linear probe, many at a time: one GEMM gives the logits of a couple of hundred probes on all samples.</summary>
/// <remarks>
/// <para>Retraining, Iterative and Newton cost 4 N^2 P flops per pass over N left-out samples, P the weights of a probe: one pass per epoch or
/// Newton step. NewtonStep and Influence cost 4 N P^2 in all. Only <see cref="LeaveOneOutMethod.Retraining"/> and
/// <see cref="LeaveOneOutMethod.Iterative"/> do without a Hessian of P^2 numbers.</para>
/// <para>Float32 deviations around a base in double; independent of the number of threads. Not thread safe.</para>
/// </remarks>
public sealed class LeaveOneOutProbes : IDisposable
{
    private const int MostNewtonSteps = 12;
    private const double NewtonTolerance = 1e-4;

    private readonly ProbeInverse? _inverse;
    private readonly ProbeDescent? _descent;

    /// <summary>Prepares.</summary>
    /// <param name="probe">From <see cref="LinearProbe.Train"/> for Retraining and Iterative, from <see cref="LinearProbe.Fit"/> for the others; stays alive.</param>
    /// <param name="method">How samples are left out.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="KernelCoreException">The probe has one sample, was made for another method, or has too many parameters for a Hessian.</exception>
    public LeaveOneOutProbes(LinearProbe probe, LeaveOneOutMethod method, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(probe);
        (Probe, Method) = (probe, method);
        bool descends = method is LeaveOneOutMethod.Retraining or LeaveOneOutMethod.Iterative;
        if (probe.Data.Count < 2)
        {
            throw new KernelCoreException("leaving a sample out takes at least two samples");
        }

        if (descends != probe.Training is not null)
        {
            throw new KernelCoreException($"the method {method} takes a probe from LinearProbe.{(descends ? nameof(LinearProbe.Train) : nameof(LinearProbe.Fit))}");
        }

        _descent = descends ? new ProbeDescent(probe.Inputs, probe.Training!) : null;
        _inverse = descends ? null : new ProbeInverse(probe, cancellationToken);
        Family = new ProbeFamily(probe.Inputs);
        Base = BasePredictions.Of(probe.Point);
    }

    /// <summary>The probe with all samples.</summary>
    public LinearProbe Probe { get; }

    /// <summary>How samples are left out.</summary>
    public LeaveOneOutMethod Method { get; }

    /// <summary>The Hessian and its inverse, for the methods that need one.</summary>
    internal ProbeInverse? Inverse => _inverse;

    internal ProbeFamily Family { get; }

    internal BasePredictions Base { get; }

    /// <summary>Leaves out some samples, each on its own.</summary>
    /// <param name="samples">Which; null for all.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public LeaveOneOutResult Run(IReadOnlyList<int>? samples = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        int[] all = Select(samples, Probe.Data);
        var result = new LeaveOneOutResult(all, new float[checked(all.Length * Probe.ParameterCount)], new double[all.Length], new double[all.Length]);
        ForGroups(all, Method, (start, group, deviations, steps) =>
        {
            deviations.CopyTo(result.Deviations.AsSpan(start * Probe.ParameterCount, group.Length * Probe.ParameterCount));
            steps.CopyTo(result.LastSteps, start);
            Losses(group, deviations).CopyTo(result.Losses, start);
        }, progress, cancellationToken);
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inverse?.Dispose();
        _descent?.Dispose();
        Family.Dispose();
        Base.Dispose();
    }

    /// <summary>Receives a group of left-out samples with their deviations [group x C, W] and last steps.</summary>
    internal delegate void UseGroup(int start, int[] group, Tensor deviations, double[] lastSteps);

    /// <summary>The samples asked for, checked.</summary>
    internal static int[] Select(IReadOnlyList<int>? samples, Dataset data)
    {
        int[] all = samples is null ? [.. Enumerable.Range(0, data.Count)] : [.. samples];
        foreach (int sample in all)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(sample, nameof(samples));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sample, data.Count, nameof(samples));
        }

        return all;
    }

    internal void ForGroups(int[] samples, LeaveOneOutMethod method, UseGroup use, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        for (int start = 0; start < samples.Length; start += Family.Capacity)
        {
            int[] group = samples.AsSpan(start, Math.Min(Family.Capacity, samples.Length - start)).ToArray();
            using Tensor deviations = Probe.Inputs.Device.Allocate([group.Length * Probe.Inputs.Classes, Probe.Inputs.Width]);
            use(start, group, deviations, Deviate(group, method, deviations, cancellationToken));
            progress?.Report((double)(start + group.Length) / samples.Length);
        }
    }

    /// <summary>The loss of each left-out sample under its own probe.</summary>
    internal double[] Losses(int[] group, Tensor deviations)
    {
        int classes = Probe.Inputs.Classes, width = Probe.Inputs.Width;
        float[] host = deviations.ToArray();
        double[] losses = new double[group.Length], logits = new double[classes], work = new double[2 * classes];
        for (int k = 0; k < group.Length; k++)
        {
            for (int c = 0; c < classes; c++)
            {
                double change = ProbeInverse.Dot(host.AsSpan(((k * classes) + c) * width, width), Probe.Inputs.Row(group[k]));
                logits[c] = Probe.Point.Logits[(group[k] * classes) + c] + change;
            }

            losses[k] = ProbePoint.CrossEntropy(logits, Probe.Data.Labels[group[k]], work.AsSpan(0, classes), work.AsSpan(classes));
        }

        return losses;
    }

    private double[] Deviate(int[] group, LeaveOneOutMethod method, Tensor deviations, CancellationToken cancellationToken)
    {
        var steps = new double[group.Length];
        Array.Fill(steps, double.NaN);
        if (_descent is not null)
        {
            _descent.LeaveOut(Family, group, linear: method == LeaveOneOutMethod.Iterative, deviations, cancellationToken);
            return steps;
        }

        LeftOutSample[] leftOut = method == LeaveOneOutMethod.Influence ? [] : _inverse!.LeaveOut(group);
        using Tensor gradient = Probe.Inputs.Device.Allocate(deviations.Shape), correction = Probe.Inputs.Device.Allocate(deviations.Shape);
        gradient.CopyFrom(OwnGradients(group));
        _inverse!.Solve(gradient, leftOut, deviations);
        bool moves = method == LeaveOneOutMethod.Newton;
        for (int step = 0; step < MostNewtonSteps && moves; step++)
        {
            Family.GradientChange(deviations, group, Base, linear: false, gradient, cancellationToken);
            Probe.Inputs.Device.Kernels.Parameters.Axpy((float)Probe.Penalty, deviations, gradient);
            _inverse.Solve(gradient, leftOut, correction);
            Probe.Inputs.Device.Kernels.Parameters.Axpy(-1, correction, deviations);
            double[] before = [.. steps];
            RelativeNorms(correction, deviations, steps);

            // A step that is no longer a smaller one is rounding: where a sample has next to no influence, float32 resolves no more of it.
            moves = steps.Where((s, k) => s > NewtonTolerance && !(s > before[k] / 2)).Any();
        }

        return steps;
    }

    /// <summary>g_i = (p - y) z^T at the probe's weights, [group x C, W].</summary>
    private float[] OwnGradients(int[] group)
    {
        var gradients = new float[group.Length * Probe.ParameterCount];
        int classes = Probe.Inputs.Classes;
        for (int k = 0; k < group.Length; k++)
        {
            ProbeInverse.AddOuter(
                gradients.AsSpan(k * Probe.ParameterCount, Probe.ParameterCount), Probe.Point.Cotangents.AsSpan(group[k] * classes, classes), Probe.Inputs.Row(group[k]));
        }

        return gradients;
    }

    private void RelativeNorms(Tensor step, Tensor deviations, double[] result)
    {
        float[] steps = step.ToArray(), all = deviations.ToArray();
        for (int k = 0; k < result.Length; k++)
        {
            double norm = TensorPrimitives.Norm<float>(all.AsSpan(k * Probe.ParameterCount, Probe.ParameterCount));
            result[k] = norm == 0 ? 0 : TensorPrimitives.Norm<float>(steps.AsSpan(k * Probe.ParameterCount, Probe.ParameterCount)) / norm;
        }
    }
}
