using KernelCore.Kernels;

namespace KernelCore.Scoring;

/// <summary>Frobenius and spectral norm of a head's weight, and the bound they put on its alignment scores.</summary>
/// <remarks>
/// For a linear head |gamma| is at most ||W||_2 / ||W||_F, which is 1 only at rank one: 1 / sqrt(C - 1) for a simplex
/// equiangular tight frame, so 0.032 at C = 1000. Divide by it before comparing heads or numbers of classes.
/// </remarks>
/// <param name="Frobenius">||W||_F = sqrt(sum of w^2).</param>
/// <param name="Spectral">||W||_2, the largest singular value.</param>
public readonly record struct WeightNorms(double Frobenius, double Spectral)
{
    private const int MaxIterations = 1000;
    private const double Tolerance = 1e-14;
    private const ulong Seed = 0x5EED;

    /// <summary>Largest |gamma| the head allows, ||W||_2 / ||W||_F; NaN for a zero weight, which has no direction.</summary>
    public double AlignmentBound => Spectral / Frobenius;

    /// <summary>Normalised GWA gamma ||W||_F / ||W||_2, in [-1, 1] up to rounding for any head.</summary>
    public double Normalise(double gamma) => gamma / AlignmentBound;

    /// <summary>Measures a matrix.</summary>
    /// <remarks>
    /// Power iteration on W W^T in double, from a fixed pseudo-random vector, until the estimate changes by less than 1e-14
    /// relative, at most 1000 times: 4 C D flops each. The estimate is a Rayleigh quotient, so it never exceeds ||W||_2
    /// beyond rounding, and a second singular value close to the first slows the vector down but hardly the value.
    /// Deterministic. Non-finite weights give non-finite norms.
    /// </remarks>
    /// <param name="weight">Row-major [rows, columns].</param>
    /// <param name="rows">Classes C.</param>
    /// <param name="columns">Width D.</param>
    public static WeightNorms Of(ReadOnlySpan<float> weight, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (weight.Length != (long)rows * columns)
        {
            throw new ArgumentException($"a [{rows}, {columns}] weight has {(long)rows * columns} elements, got {weight.Length}", nameof(weight));
        }

        double squares = 0;
        foreach (float w in weight)
        {
            squares += (double)w * w;
        }

        double frobenius = Math.Sqrt(squares);
        bool trivial = frobenius == 0 || !double.IsFinite(frobenius);
        return new WeightNorms(frobenius, trivial ? frobenius : LargestSingularValue(weight, rows, columns));
    }

    private static double LargestSingularValue(ReadOnlySpan<float> weight, int rows, int columns)
    {
        var u = new double[rows];
        var v = new double[columns];
        for (int i = 0; i < rows; i++)
        {
            u[i] = Philox.Normal(Seed, 0, (ulong)i);
        }

        Normalise(u);
        double sigma = 0;
        for (int iteration = 0; iteration < MaxIterations; iteration++)
        {
            // sigma^2 = u^T W W^T u = ||W^T u||^2 for the unit vector u; then u becomes W W^T u, scaled.
            Array.Clear(v);
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<float> row = weight.Slice(i * columns, columns);
                for (int j = 0; j < columns; j++)
                {
                    v[j] += u[i] * row[j];
                }
            }

            double previous = sigma;
            sigma = Normalise(v);
            if (Math.Abs(sigma - previous) <= Tolerance * sigma)
            {
                break;
            }

            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<float> row = weight.Slice(i * columns, columns);
                double sum = 0;
                for (int j = 0; j < columns; j++)
                {
                    sum += row[j] * v[j];
                }

                u[i] = sum;
            }

            Normalise(u);
        }

        return sigma;
    }

    /// <summary>Scales a vector to unit length and returns its length before.</summary>
    private static double Normalise(double[] x)
    {
        double squares = 0;
        foreach (double value in x)
        {
            squares += value * value;
        }

        double length = Math.Sqrt(squares);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] /= length;
        }

        return length;
    }
}
