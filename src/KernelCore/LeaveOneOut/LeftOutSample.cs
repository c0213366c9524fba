using KernelCore.Curvature;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace KernelCore.LeaveOneOut;

/// <summary>One sample at a fitted probe: its curvature S = R R^T and its response B = J H^-1 J^T.</summary>
internal sealed class LeftOutSample
{
    private readonly double[] _basis, _cotangent;
    private readonly int _classes;

    public LeftOutSample(int sample, double[] response, ReadOnlySpan<double> probabilities, ReadOnlySpan<double> cotangent)
    {
        (Sample, Response, _classes, _cotangent) = (sample, response, probabilities.Length, cotangent.ToArray());

        // R = diag(q) (I - q q^T) with q = sqrt(p), a unit vector.
        var root = new double[_classes * _classes];
        for (int c = 0; c < _classes; c++)
        {
            for (int e = 0; e < _classes; e++)
            {
                root[(c * _classes) + e] = c == e
                    ? Math.Sqrt(probabilities[c]) * (1 - probabilities[c])
                    : -probabilities[c] * Math.Sqrt(probabilities[e]);
            }
        }

        var leverage = new double[_classes, _classes];
        for (int c = 0; c < _classes; c++)
        {
            for (int e = 0; e < _classes; e++)
            {
                for (int a = 0; a < _classes; a++)
                {
                    leverage[c, e] += root[(a * _classes) + c] * TensorPrimitives.Dot(response.AsSpan(a * _classes, _classes), Column(root, e));
                }
            }
        }

        var eigen = new SymmetricEigen(leverage);
        Leverages = eigen.Values;
        _basis = new double[_classes * _classes];
        for (int c = 0; c < _classes; c++)
        {
            for (int k = 0; k < _classes; k++)
            {
                for (int a = 0; a < _classes; a++)
                {
                    _basis[(k * _classes) + c] += root[(c * _classes) + a] * eigen.Vectors[a, k];
                }
            }
        }
    }

    public int Sample { get; }

    /// <summary>B, [C, C]: how the sample's logits answer a force on them.</summary>
    public double[] Response { get; }

    /// <summary>Eigenvalues of R^T B R, in [0, 1): the share of the curvature along its directions that is the sample's own.</summary>
    public double[] Leverages { get; }

    /// <summary>R (I - R^T B R)^-1 R^T t.</summary>
    public double[] Correct(ReadOnlySpan<double> movement)
    {
        var result = new double[_classes];
        for (int k = 0; k < _classes; k++)
        {
            ReadOnlySpan<double> direction = _basis.AsSpan(k * _classes, _classes);
            TensorPrimitives.MultiplyAdd(direction, TensorPrimitives.Dot(direction, movement) / (1 - Leverages[k]), result, result);
        }

        return result;
    }

    /// <summary>u with H_-i^-1 J^T (p - y) = H^-1 J^T u: the force that removes the sample, u = (I - S B)^-1 (p - y).</summary>
    public double[] Removal()
    {
        double[] force = Correct(Movement(_cotangent));
        TensorPrimitives.Add(force, _cotangent, force);
        return force;
    }

    /// <summary>B u: how the sample's own logits move under a force u.</summary>
    public double[] Movement(ReadOnlySpan<double> force)
    {
        var movement = new double[_classes];
        for (int c = 0; c < _classes; c++)
        {
            movement[c] = TensorPrimitives.Dot(Response.AsSpan(c * _classes, _classes), force);
        }

        return movement;
    }

    /// <summary>
    /// Laplace sample information with the full posterior, by one Newton step with the curvature of the others held:
    /// 1/2 [sum_k (-h_k - ln(1 - h_k)) + (p - y)^T B (I - S B)^-1 (p - y)], h the leverages. Exact for least squares.
    /// </summary>
    public double Information()
    {
        double sum = TensorPrimitives.Dot(_cotangent, Movement(Removal()));
        foreach (double leverage in Leverages)
        {
            sum += GaussianDivergence.Excess(-leverage);
        }

        return sum / 2;
    }

    private double[] Column(double[] matrix, int column) => [.. Enumerable.Range(0, _classes).Select(row => matrix[(row * _classes) + column])];
}
