using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Models;
using KernelCore.Training;

namespace KernelCore.LeaveOneOut;

/// <summary>Leaves samples out of a small network, to first order in how its weights then differ.</summary>
/// <remarks>
/// Cross-entropy, evaluation mode, all samples in one batch. Deviations are flat, in the order of the model's parameters; frozen
/// parameters do not deviate. Memory: left-out samples x parameters. Not thread safe.
/// </remarks>
public sealed class NetworkLeaveOneOut : IDisposable
{
    private readonly ICurvatureModel _model;
    private readonly Dataset _data;
    private readonly BatchLoader _all, _one;
    private readonly Objective _objective;
    private readonly ILinearization _own;
    private readonly ParameterVector _gradient, _ownGradient;

    /// <summary>Prepares.</summary>
    /// <param name="model">The network; stays alive.</param>
    /// <param name="data">Its training samples.</param>
    /// <exception cref="KernelCoreException">There is one sample, or classes and outputs do not fit.</exception>
    public NetworkLeaveOneOut(ICurvatureModel model, Dataset data)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        if (data.Count < 2)
        {
            throw new KernelCoreException("leaving a sample out takes at least two samples");
        }

        (_model, _data) = (model, data);
        (_all, _one) = (new BatchLoader(data, model.Device, data.Count), new BatchLoader(data, model.Device, batchSize: 1));
        Batch one = _one.Load([0]);
        Classifier.CheckFits(model.Forward(one, ForwardMode.Evaluation), data);
        _objective = new Objective(model, Loss.CrossEntropy, _all.Load([.. Enumerable.Range(0, data.Count)]), Reduction.Sum);
        _own = model.Linearize(one, Loss.CrossEntropy);
        (_gradient, _ownGradient) = (new ParameterVector(model.Parameters.Layout, model.Device), new ParameterVector(model.Parameters.Layout, model.Device));
    }

    /// <summary>Leave-one-out by influence: deviation = (G + damping I)^-1 g_i at the present weights, G the summed Gauss-Newton matrix, dense in double.</summary>
    /// <param name="damping">Added to the diagonal: the penalty beside the sum of the losses.</param>
    /// <param name="samples">Which samples; null for all.</param>
    /// <param name="cancellationToken">Checked for every sample.</param>
    /// <exception cref="KernelCoreException">The damped matrix is not positive definite, or has more than 4096 rows.</exception>
    public LeaveOneOutResult Influence(double damping, IReadOnlyList<int>? samples = null, CancellationToken cancellationToken = default)
    {
        int[] leftOut = LeaveOneOutProbes.Select(samples, _data);
        _objective.Update();
        double[,] matrix = new GaussNewtonOperator(_objective).ToDense();
        for (int k = 0; k < matrix.GetLength(0); k++)
        {
            // A frozen parameter has a zero row: any pivot keeps it where it is.
            matrix[k, k] += matrix[k, k] == 0 && damping == 0 ? 1 : damping;
        }

        var solver = new CholeskySolver(matrix);
        using Tensor deviations = _model.Device.Allocate([leftOut.Length, _objective.Dimension]);
        Tensor[] rows = deviations.Rows();
        for (int k = 0; k < leftOut.Length; k++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            MoveTo(leftOut[k]);
            double[] solved = solver.Solve(Array.ConvertAll(_ownGradient.Flat.ToArray(), v => (double)v));
            rows[k].CopyFrom(Array.ConvertAll(solved, v => (float)v));
        }

        return Result(leftOut, deviations);
    }

    /// <summary>
    /// Iterative approximate cross-validation (arXiv 2303.02732): trains the network in place by gradient descent and beside it, for every
    /// left-out sample, weights whose gradient is taken to first order around the network's: grad L_-i(W) + H_-i(W) (W_-i - W).
    /// </summary>
    /// <remarks>A Hessian-vector product on all samples for every step and left-out sample. At a minimum it ends at one Newton step.</remarks>
    /// <param name="options">How to descend; momentum and weight decay act on both alike.</param>
    /// <param name="samples">Which samples; null for all.</param>
    /// <param name="progress">Receives the fraction done.</param>
    /// <param name="cancellationToken">Checked before every step.</param>
    public LeaveOneOutResult Iterate(
        DescentOptions options, IReadOnlyList<int>? samples = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        int[] leftOut = LeaveOneOutProbes.Select(samples, _data);
        var hessian = new HessianOperator(_objective);
        using Tensor deviations = _model.Device.Allocate([leftOut.Length, hessian.Dimension]), products = _model.Device.Allocate(deviations.Shape);
        Tensor[] rows = deviations.Rows(), changes = products.Rows();
        using Optimizer optimizer = options.Optimizer.Create(_model.Parameters);
        ParameterVector[] gradients = Array.ConvertAll(changes, c => new ParameterVector(_model.Parameters.Layout, c));
        Optimizer[] others = Array.ConvertAll(rows, row => options.Optimizer.Create(new ParameterVector(_model.Parameters.Layout, row)));
        double every = 1.0 / _data.Count, remaining = 1.0 / (_data.Count - 1);
        try
        {
            for (int step = 0; step < options.Epochs; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _objective.Update();
                _objective.Gradient(_gradient.Flat);
                hessian.Apply(rows, changes);
                for (int k = 0; k < leftOut.Length; k++)
                {
                    // The mean over the others at W_-i, less the mean over all at W.
                    MoveTo(leftOut[k]);
                    _own.HessianProduct(_objective.View(rows[k]), 1, _ownGradient);
                    changes[k].Add(-1, _ownGradient.Flat);
                    changes[k].Scale(remaining);
                    changes[k].Add(remaining - every, _gradient.Flat);
                    others[k].Step(gradients[k], options.LearningRate);
                }

                _gradient.Flat.Scale(every);
                optimizer.Step(_gradient, options.LearningRate);
                progress?.Report((step + 1.0) / options.Epochs);
            }

            return Result(leftOut, deviations);
        }
        finally
        {
            Array.ForEach(others, o => o.Dispose());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _objective.Dispose();
        _own.Dispose();
        _all.Dispose();
        _one.Dispose();
        _gradient.Dispose();
        _ownGradient.Dispose();
    }

    /// <summary>Linearises one sample's loss at the present weights, and takes its gradient; the loader refills the batch that is linearised.</summary>
    private void MoveTo(int sample)
    {
        _one.Load([sample]);
        _own.Update();
        _own.Captures.WeightedSum(null, 0, _ownGradient);
    }

    /// <summary>The deviations, and the loss of each sample at its own weights.</summary>
    private LeaveOneOutResult Result(int[] leftOut, Tensor deviations)
    {
        Tensor weights = _model.Parameters.Flat;
        float[] trained = weights.ToArray();
        Tensor[] rows = deviations.Rows();
        double[] losses = new double[leftOut.Length], steps = new double[leftOut.Length];
        Array.Fill(steps, double.NaN);
        for (int k = 0; k < leftOut.Length; k++)
        {
            weights.Add(1, rows[k]);
            _one.Load([leftOut[k]]);
            _own.Update();
            losses[k] = _own.Losses.ToArray()[0];
            weights.CopyFrom(trained);
        }

        return new LeaveOneOutResult(leftOut, deviations.ToArray(), losses, steps);
    }
}
