using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>l_ca = sum_j p_jc (1 - p_jc) z_ja^2 + prior precision.</summary>
internal sealed class DiagonalPosterior : LaplacePosterior
{
    private readonly double[] _precision;
    private readonly Tensor _squares;

    public DiagonalPosterior(LinearProbe probe, double priorPrecision)
        : base(probe, priorPrecision)
    {
        _precision = new double[Inputs.Parameters];
        Array.Fill(_precision, priorPrecision);
        var squares = new double[Inputs.Host.Length];
        TensorPrimitives.Multiply<double>(Inputs.Host, Inputs.Host, squares);
        for (int j = 0; j < Inputs.Count; j++)
        {
            for (int c = 0; c < Inputs.Classes; c++)
            {
                double p = ProbabilitiesOf(j)[c];
                Span<double> row = _precision.AsSpan(c * Inputs.Width, Inputs.Width);
                TensorPrimitives.MultiplyAdd(squares.AsSpan(j * Inputs.Width, Inputs.Width), p * (1 - p), row, row);
            }
        }

        _squares = Inputs.Device.Allocate([Inputs.Count, Inputs.Width], Array.ConvertAll(squares, v => (float)v));
    }

    public override double[] Information(PosteriorGroup group, CancellationToken cancellationToken)
    {
        float[] change = group.Probes is null ? OwnCurvature(group) : CurvatureChange(group, cancellationToken), deviations = group.Deviations.ToArray();
        var information = new double[group.Samples.Length];
        for (int k = 0; k < information.Length; k++)
        {
            for (int q = 0; q < Inputs.Parameters; q++)
            {
                int at = (k * Inputs.Parameters) + q;
                double own = _precision[q], d = deviations[at];
                information[k] += (GaussianDivergence.Excess(change[at] / own) + (d * d * (own + change[at]))) / 2;
            }
        }

        return information;
    }

    public override void Dispose()
    {
        _squares.Dispose();
        base.Dispose();
    }

    private float[] OwnCurvature(PosteriorGroup group)
    {
        var change = new float[group.Samples.Length * Inputs.Parameters];
        for (int k = 0; k < group.Samples.Length; k++)
        {
            double[] curvature = [.. ProbabilitiesOf(group.Samples[k]).ToArray().Select(p => -p * (1 - p))], squares = new double[Inputs.Width];
            TensorPrimitives.Multiply(Inputs.Row(group.Samples[k]), Inputs.Row(group.Samples[k]), squares);
            ProbeInverse.AddOuter(change.AsSpan(k * Inputs.Parameters, Inputs.Parameters), curvature, squares);
        }

        return change;
    }

    /// <summary>sum_j [p' (1 - p') - p (1 - p)] z_j^2 with p' = p + x: the bracket is x (1 - 2 p - x).</summary>
    private float[] CurvatureChange(PosteriorGroup group, CancellationToken cancellationToken)
    {
        int classes = Inputs.Classes, outputs = group.Samples.Length * classes;
        using Tensor sum = Inputs.Device.Allocate([outputs, Inputs.Width]);
        float[] slopes = new float[outputs], host = [];
        Changes(group, (first, rows, changes) =>
        {
            Array.Resize(ref host, (int)changes.Count);
            changes.CopyTo(host);
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < outputs; column++)
                {
                    slopes[column] = column < classes ? (float)(1 - (2 * ProbabilitiesOf(first + row)[column])) : slopes[column - classes];
                }

                Span<float> x = host.AsSpan(row * outputs, outputs);
                TensorPrimitives.Subtract(slopes, x, slopes);
                TensorPrimitives.Multiply(slopes, x, x);
            }

            changes.CopyFrom(host);
            var squares = new Matrix(_squares, (long)first * Inputs.Width, rows, Inputs.Width, Inputs.Width);
            Inputs.Device.Kernels.LinearAlgebra.Gemm(true, false, 1, new Matrix(changes, rows, outputs), squares, first == 0 ? 0 : 1, Matrix.Of(sum));
        }, cancellationToken);
        return sum.ToArray();
    }
}
