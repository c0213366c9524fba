using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.LeaveOneOut;

/// <summary>
/// The Hessian of a fitted probe's objective, its inverse A, and the inverse without one sample, which is a correction of rank C - 1.
/// </summary>
/// <remarks>
/// Sample i adds J^T S J with J = I x z_i^T and S = R R^T, so without it H_-i^-1 = A + A J^T R (I - R^T B R)^-1 R^T J A with the C x C matrix
/// B = J A J^T (Woodbury): a solve costs two products with A, whatever sample is left out.
/// </remarks>
internal sealed class ProbeInverse : IDisposable
{
    private readonly ProbeInputs _inputs;
    private readonly ProbePoint _point;
    private readonly Tensor _inverse;

    public ProbeInverse(LinearProbe probe, CancellationToken cancellationToken)
    {
        (_inputs, _point) = (probe.Inputs, probe.Point);
        int size = _inputs.Parameters;
        double[] hessian = ProbeHessian.Sum(_inputs, ProbeHessian.OfProbabilities(_point.Probabilities, _inputs.Classes), cancellationToken);
        var factor = new CholeskySolver(ProbeHessian.Penalise(hessian, size, probe.Penalty), size);
        _inverse = _inputs.Device.Allocate([size, size], WithoutShifts(factor.Invert(cancellationToken), _inputs, probe.Penalty));
    }

    /// <summary>What leaving out each of some samples does to the inverse.</summary>
    public LeftOutSample[] LeaveOut(ReadOnlySpan<int> samples)
    {
        int classes = _inputs.Classes, width = _inputs.Width, size = _inputs.Parameters, count = samples.Length;
        using Tensor rows = _inputs.Device.Allocate([count, width]), product = _inputs.Device.Allocate([count, size]);
        for (int k = 0; k < count; k++)
        {
            rows.View((long)k * width, [width]).CopyFrom(Array.ConvertAll(_inputs.Row(samples[k]).ToArray(), v => (float)v));
        }

        var responses = new double[count][];
        var host = new float[count * size];
        for (int c = 0; c < classes; c++)
        {
            _inputs.Device.Kernels.LinearAlgebra.Gemm(
                false, false, 1, Matrix.Of(rows), new Matrix(_inverse, (long)c * width * size, width, size, size), 0, Matrix.Of(product));
            product.CopyTo(host);
            for (int k = 0; k < count; k++)
            {
                double[] response = responses[k] ??= new double[classes * classes];
                for (int e = 0; e < classes; e++)
                {
                    response[(c * classes) + e] = Dot(host.AsSpan((k * size) + (e * width), width), _inputs.Row(samples[k]));
                }
            }
        }

        int[] ids = samples.ToArray();
        return [.. ids.Select((sample, k) => new LeftOutSample(
            sample, responses[k], _point.Probabilities.AsSpan(sample * classes, classes), _point.Cotangents.AsSpan(sample * classes, classes)))];
    }

    /// <summary>x_m = H_-i^-1 r_m, each probe without its own sample, for right-hand sides that sum to zero over the classes.</summary>
    /// <param name="right">r, [probes x C, W], overwritten.</param>
    /// <param name="leftOut">From <see cref="LeaveOut"/>; empty for H^-1.</param>
    /// <param name="result">[probes x C, W].</param>
    public void Solve(Tensor right, ReadOnlySpan<LeftOutSample> leftOut, Tensor result)
    {
        Multiply(right, result);
        if (leftOut.IsEmpty)
        {
            return;
        }

        int classes = _inputs.Classes, width = _inputs.Width;
        float[] rows = right.ToArray(), solved = result.ToArray();
        var movement = new double[classes];
        for (int k = 0; k < leftOut.Length; k++)
        {
            ReadOnlySpan<double> z = _inputs.Row(leftOut[k].Sample);
            for (int c = 0; c < classes; c++)
            {
                movement[c] = Dot(solved.AsSpan(((k * classes) + c) * width, width), z);
            }

            AddOuter(rows.AsSpan(k * classes * width, classes * width), leftOut[k].Correct(movement), z);
        }

        right.CopyFrom(rows);
        Multiply(right, result);
    }

    /// <summary>Adds left z^T to a [C, W] block.</summary>
    public static void AddOuter(Span<float> block, ReadOnlySpan<double> left, ReadOnlySpan<double> z)
    {
        for (int c = 0; c < left.Length; c++)
        {
            Span<float> row = block.Slice(c * z.Length, z.Length);
            for (int a = 0; a < z.Length; a++)
            {
                row[a] += (float)(left[c] * z[a]);
            }
        }
    }

    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<double> z)
    {
        double sum = 0;
        for (int a = 0; a < x.Length; a++)
        {
            sum += x[a] * z[a];
        }

        return sum;
    }

    public void Dispose() => _inverse.Dispose();

    private void Multiply(Tensor rows, Tensor result)
    {
        int size = _inputs.Parameters, count = (int)(rows.Count / size);
        _inputs.Device.Kernels.LinearAlgebra.Gemm(false, false, 1, new Matrix(rows, count, size), Matrix.Of(_inverse), 0, new Matrix(result, count, size));
    }

    /// <summary>
    /// H^-1 without its part along shifts of all logits alike, 1 1^T / (penalty C) x I: predictions do not see it, but it is the largest
    /// part and would cost the others their digits in float32.
    /// </summary>
    private static float[] WithoutShifts(double[] inverse, ProbeInputs inputs, double penalty)
    {
        int size = inputs.Parameters;
        double shift = 1 / (penalty * inputs.Classes);
        for (int k = 0; k < size; k++)
        {
            for (int a = k % inputs.Width; a < size; a += inputs.Width)
            {
                inverse[(k * size) + a] -= shift;
            }
        }

        return Array.ConvertAll(inverse, v => (float)v);
    }
}
