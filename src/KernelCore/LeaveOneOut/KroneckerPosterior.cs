using KernelCore.Curvature;
using KernelCore.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>
/// (1/N) C x M + prior precision I with C = sum_j S_j and M = sum_j z_j z_j^T; without sample i, (1/(N - 1)) C' x (M - z_i z_i^T) + prior precision I.
/// </summary>
/// <remarks>
/// Both determinants and the trace follow in the eigenbasis of M, because M changes by rank one: ln det (c' (M - z z^T) + t I) =
/// sum_a ln(c' m_a + t) + ln(1 - c' sum_a v_a^2 / (c' m_a + t)) for every eigenvalue c' of C' / (N - 1), v = Q^T z.
/// </remarks>
internal sealed class KroneckerPosterior : LaplacePosterior
{
    private readonly double[] _curvature;
    private readonly SymmetricEigen _outputs, _inputs;
    private readonly Tensor _basis;
    private readonly double[] _rotated;

    public KroneckerPosterior(LinearProbe probe, double priorPrecision)
        : base(probe, priorPrecision)
    {
        int classes = Inputs.Classes, width = Inputs.Width;
        _curvature = new double[classes * classes];
        var moment = new double[width * width];
        for (int j = 0; j < Inputs.Count; j++)
        {
            AddCurvature(_curvature, ProbabilitiesOf(j), 1);
            ReadOnlySpan<double> z = Inputs.Row(j);
            for (int a = 0; a < width; a++)
            {
                Span<double> row = moment.AsSpan(a * width, width);
                TensorPrimitives.MultiplyAdd(z, z[a], row, row);
            }
        }

        _outputs = new SymmetricEigen(Square(_curvature, classes));
        _inputs = new SymmetricEigen(Square(moment, width));
        Clamp(_outputs.Values);
        Clamp(_inputs.Values);
        _basis = Inputs.Device.Allocate([width, width], [.. _inputs.Vectors.Cast<double>().Select(v => (float)v)]);
        _rotated = Rotate(Inputs.Rows, Inputs.Count);
    }

    public override double[] Information(PosteriorGroup group, CancellationToken cancellationToken)
    {
        double[][] curvatures = group.Probes is null ? OwnRemoved(group) : Curvatures(group, cancellationToken);
        double[] deviations = Rotate(group.Deviations, group.Samples.Length * Inputs.Classes);
        return [.. group.Samples.Select((sample, k) => Information(
            curvatures[k], _rotated.AsSpan(sample * Inputs.Width, Inputs.Width), deviations.AsSpan(k * Inputs.Parameters, Inputs.Parameters)))];
    }

    public override void Dispose()
    {
        _basis.Dispose();
        base.Dispose();
    }

    /// <param name="curvature">C', [C, C].</param>
    /// <param name="v">Q^T z of the sample.</param>
    /// <param name="d">Deviation of each class in the eigenbasis of M, [C, W].</param>
    private double Information(double[] curvature, ReadOnlySpan<double> v, ReadOnlySpan<double> d)
    {
        int classes = Inputs.Classes, width = Inputs.Width;
        double others = Inputs.Count - 1, trace = 0, logDeterminant = 0;
        double[] outputs = new SymmetricEigen(Square(curvature, classes)).Values;
        Clamp(outputs);
        for (int k = 0; k < classes; k++)
        {
            double diagonal = Quadratic(curvature, _outputs.Vectors, k) / others, own = _outputs.Values[k] / Inputs.Count, eigenvalue = outputs[k] / others;
            double removed = 0;
            for (int a = 0; a < width; a++)
            {
                double m = _inputs.Values[a], before = (own * m) + PriorPrecision, after = (eigenvalue * m) + PriorPrecision;
                trace += ((diagonal * (m - (v[a] * v[a]))) - (own * m)) / before;
                logDeterminant += double.LogP1((eigenvalue - own) * m / before);
                removed += eigenvalue * v[a] * v[a] / after;
            }

            logDeterminant += double.LogP1(-removed);
        }

        double quadratic = PriorPrecision * TensorPrimitives.SumOfSquares(d);
        for (int c = 0; c < classes; c++)
        {
            for (int e = 0; e < classes; e++)
            {
                ReadOnlySpan<double> left = d.Slice(c * width, width), right = d.Slice(e * width, width);
                double product = -TensorPrimitives.Dot(left, v) * TensorPrimitives.Dot(right, v);
                for (int a = 0; a < width; a++)
                {
                    product += left[a] * right[a] * _inputs.Values[a];
                }

                quadratic += curvature[(c * classes) + e] / others * product;
            }
        }

        return (trace - logDeterminant + quadratic) / 2;
    }

    private double[][] OwnRemoved(PosteriorGroup group) => [.. group.Samples.Select(sample =>
    {
        double[] curvature = [.. _curvature];
        AddCurvature(curvature, ProbabilitiesOf(sample), -1);
        return curvature;
    })];

    /// <summary>C' = C + sum_j [S(p + x) - S(p)], and S(p + x) - S(p) = diag x - (x (p + x/2)^T + (p + x/2) x^T).</summary>
    private double[][] Curvatures(PosteriorGroup group, CancellationToken cancellationToken)
    {
        int classes = Inputs.Classes, probes = group.Samples.Length, outputs = probes * classes;
        double[][] curvatures = [.. group.Samples.Select(_ => (double[])[.. _curvature])];
        using Tensor product = Inputs.Device.Allocate([classes, classes]);
        float[] host = [], block = new float[classes * classes];
        Tensor? middle = null;
        Changes(group, (first, rows, changes) =>
        {
            Array.Resize(ref host, (int)changes.Count);
            middle ??= Inputs.Device.Allocate([host.Length]);
            changes.CopyTo(host);
            for (int row = 0, at = 0; row < rows; row++)
            {
                ReadOnlySpan<double> p = ProbabilitiesOf(first + row);
                for (int k = 0; k < probes; k++)
                {
                    for (int c = 0; c < classes; c++, at++)
                    {
                        curvatures[k][c * (classes + 1)] += host[at];
                        host[at] = (float)(p[c] + (host[at] / 2));
                    }
                }
            }

            Tensor means = middle.View(0, [rows, outputs]);
            means.CopyFrom(host);
            for (int k = 0; k < probes; k++)
            {
                Matrix x = new(changes, k * classes, rows, classes, outputs), p = new(means, k * classes, rows, classes, outputs);
                Inputs.Device.Kernels.LinearAlgebra.Gemm(true, false, 1, x, p, 0, Matrix.Of(product));
                product.CopyTo(block);
                for (int c = 0; c < classes; c++)
                {
                    for (int e = 0; e < classes; e++)
                    {
                        curvatures[k][(c * classes) + e] -= block[(c * classes) + e] + block[(e * classes) + c];
                    }
                }
            }
        }, cancellationToken);
        middle?.Dispose();
        return curvatures;
    }

    /// <summary>Rows times Q.</summary>
    private double[] Rotate(Tensor rows, int count)
    {
        using Tensor rotated = Inputs.Device.Allocate([count, Inputs.Width]);
        Inputs.Device.Kernels.LinearAlgebra.Gemm(
            false, false, 1, new Matrix(rows, count, Inputs.Width), Matrix.Of(_basis), 0, Matrix.Of(rotated));
        return Array.ConvertAll(rotated.ToArray(), x => (double)x);
    }

    /// <summary>Adds scale (diag p - p p^T).</summary>
    private static void AddCurvature(double[] sum, ReadOnlySpan<double> p, double scale)
    {
        for (int c = 0; c < p.Length; c++)
        {
            for (int e = 0; e < p.Length; e++)
            {
                sum[(c * p.Length) + e] += scale * p[c] * (c == e ? 1 - p[c] : -p[e]);
            }
        }
    }

    private static double[,] Square(double[] values, int size)
    {
        var square = new double[size, size];
        Buffer.BlockCopy(values, 0, square, 0, values.Length * sizeof(double));
        return square;
    }

    /// <summary>Column k of Q, on both sides of a matrix.</summary>
    private double Quadratic(double[] matrix, double[,] vectors, int k)
    {
        double sum = 0;
        for (int c = 0; c < Inputs.Classes; c++)
        {
            for (int e = 0; e < Inputs.Classes; e++)
            {
                sum += vectors[c, k] * matrix[(c * Inputs.Classes) + e] * vectors[e, k];
            }
        }

        return sum;
    }

    /// <summary>Rounding leaves eigenvalues of a semidefinite matrix below 0.</summary>
    private static void Clamp(double[] eigenvalues) => TensorPrimitives.Max(eigenvalues, 0, eigenvalues);
}
