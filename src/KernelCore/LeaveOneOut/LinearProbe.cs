using KernelCore.Curvature;
using KernelCore.Data;
using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>Softmax regression on fixed features, trained on all samples: the model that samples are then left out of.</summary>
/// <remarks>
/// With z a sample's features and a one for the bias, the logits are W z; the objective is
/// sum_i loss_i + (penalty / 2) ||W||^2, biases included. Holds N x (features + C) numbers in double. Not thread safe.
/// </remarks>
public sealed class LinearProbe : IDisposable
{
    private const int MostSteps = 100;
    private const double ShortestStep = 1e-9;

    // Of the first gradient: far below what leaving out one of a million samples changes.
    private const double Tolerance = 1e-11;

    private LinearProbe(ProbeInputs inputs, ProbePoint point, double penalty) => (Inputs, Point, Penalty) = (inputs, point, penalty);

    /// <summary>The samples.</summary>
    public Dataset Data => Inputs.Data;

    /// <summary>W, [classes, features + 1], the bias last.</summary>
    public ReadOnlySpan<double> Weights => Point.Weights;

    /// <summary>Number of weights, P.</summary>
    public int ParameterCount => Inputs.Parameters;

    /// <summary>Coefficient of ||W||^2 / 2 beside the sum of the losses.</summary>
    public double Penalty { get; }

    /// <summary>How the probe was trained; null for the minimum of the objective.</summary>
    public DescentOptions? Training { get; private init; }

    /// <summary>Predicted probabilities, [samples, classes].</summary>
    public ReadOnlySpan<double> Probabilities => Point.Probabilities;

    internal ProbeInputs Inputs { get; }

    internal ProbePoint Point { get; }

    /// <summary>The minimum of the objective, to double precision, by Newton's method with halved steps.</summary>
    /// <param name="data">Features and labels; samples of any shape count as vectors.</param>
    /// <param name="device">Where products run.</param>
    /// <param name="penalty">Positive. The minimum is then the mode of the posterior with this prior precision.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="KernelCoreException">The probe has too many parameters for its Hessian to be formed, or features so large that it is not definite.</exception>
    public static LinearProbe Fit(Dataset data, Device device, double penalty = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(device);
        RequirePositive(penalty, nameof(penalty));
        var inputs = new ProbeInputs(data, device);
        try
        {
            ProbeHessian.RequireDense(inputs.Classes, inputs.Width - 1);
            return new LinearProbe(inputs, Minimise(inputs, penalty, cancellationToken), penalty);
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Trains by gradient descent for a fixed number of epochs, as in the paper on Laplace sample information.</summary>
    /// <param name="data">Features and labels; samples of any shape count as vectors.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="training">The protocol.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="KernelCoreException">Training diverged.</exception>
    public static LinearProbe Train(Dataset data, Device device, DescentOptions training, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(training);
        var inputs = new ProbeInputs(data, device);
        try
        {
            using var descent = new ProbeDescent(inputs, training);
            double[] trained = Array.ConvertAll(descent.Train(cancellationToken), v => (double)v);
            return new LinearProbe(inputs, new ProbePoint(inputs, trained), training.WeightDecay * data.Count) { Training = training };
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Inputs.Dispose();

    internal static void RequirePositive(double value, string name)
    {
        if (!(value > 0) || !double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(name, value, "a positive number is expected");
        }
    }

    private static ProbePoint Minimise(ProbeInputs inputs, double penalty, CancellationToken cancellationToken)
    {
        var point = new ProbePoint(inputs, new double[inputs.Parameters]);
        double[] gradient = point.Gradient(penalty);
        double target = Tolerance * TensorPrimitives.Norm<double>(gradient);
        for (int step = 0; step < MostSteps && TensorPrimitives.Norm<double>(gradient) > target; step++)
        {
            double[] hessian = ProbeHessian.Sum(inputs, ProbeHessian.OfProbabilities(point.Probabilities, inputs.Classes), cancellationToken);
            var solver = new CholeskySolver(ProbeHessian.Penalise(hessian, inputs.Parameters, penalty), inputs.Parameters);
            double[] direction = solver.Solve(gradient);
            double objective = Objective(point, penalty), norm = TensorPrimitives.Norm<double>(gradient), slope = TensorPrimitives.Dot<double>(direction, gradient);
            double length = 1;
            ProbePoint next = Along(inputs, point, direction, length);
            double[] nextGradient = next.Gradient(penalty);

            // Close to the minimum the objective resolves no more decrease, but the gradient does.
            while (Objective(next, penalty) > objective - (1e-4 * length * slope) && TensorPrimitives.Norm<double>(nextGradient) > norm / 2)
            {
                length /= 2;
                if (length < ShortestStep)
                {
                    return point;
                }

                next = Along(inputs, point, direction, length);
                nextGradient = next.Gradient(penalty);
            }

            (point, gradient) = (next, nextGradient);
        }

        return point;
    }

    private static ProbePoint Along(ProbeInputs inputs, ProbePoint point, double[] direction, double length)
    {
        var weights = new double[direction.Length];
        TensorPrimitives.MultiplyAdd(direction, -length, point.Weights, weights);
        return new ProbePoint(inputs, weights);
    }

    private static double Objective(ProbePoint point, double penalty) =>
        point.Loss + (penalty / 2 * TensorPrimitives.SumOfSquares<double>(point.Weights));
}
