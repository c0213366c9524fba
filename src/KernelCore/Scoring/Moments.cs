namespace KernelCore.Scoring;

/// <summary>Streaming count, mean and central moments M_p = sum_i (x_i - mean)^p, p = 2..4, of a set of numbers.</summary>
/// <remarks>
/// <para>Update and merge formulas: Pébay, "Formulas for robust, one-pass parallel computation of covariances and
/// arbitrary-order statistical moments", SAND2008-6212. Raw powers are never summed, so a large common offset costs no
/// digits.</para>
/// <para>Precision: double throughout. Determinism: the same values in the same order (and the same merges) give the same
/// bits; another order or split agrees to rounding. A NaN makes every statistic NaN, an infinity every central moment.
/// A mutable value: the default is the empty set, a copy is independent.</para>
/// </remarks>
public struct Moments
{
    /// <summary>Relative spread below which SciPy, and this type, call a set constant: m2 at most (1e-15 mean)^2.</summary>
    private const double ConstantSpread = 1e-15;

    private double _mean;

    /// <summary>Number of values, n.</summary>
    public long Count { get; private set; }

    /// <summary>Arithmetic mean; NaN for the empty set.</summary>
    public readonly double Mean => Count == 0 ? double.NaN : _mean;

    /// <summary>M2 = sum (x - mean)^2; 0 for the empty set.</summary>
    public double M2 { get; private set; }

    /// <summary>M3 = sum (x - mean)^3; 0 for the empty set.</summary>
    public double M3 { get; private set; }

    /// <summary>M4 = sum (x - mean)^4; 0 for the empty set.</summary>
    public double M4 { get; private set; }

    /// <summary>Population (biased) variance m2 = M2 / n; NaN for the empty set.</summary>
    public readonly double Variance => M2 / Count;

    /// <summary>Population standard deviation, the root of <see cref="Variance"/>.</summary>
    public readonly double StandardDeviation => Math.Sqrt(Variance);

    /// <summary>Biased excess kurtosis m4 / m2^2 - 3 = n M4 / M2^2 - 3, at least -2, as <c>scipy.stats.kurtosis</c>.</summary>
    /// <remarks>NaN for the empty set and, as in SciPy, for values that are constant to rounding: m2 at most (1e-15 mean)^2.</remarks>
    public readonly double ExcessKurtosis
    {
        get
        {
            double floor = ConstantSpread * _mean;
            return Variance <= floor * floor ? double.NaN : (Count / M2 * (M4 / M2)) - 3;
        }
    }

    /// <summary>Adds one value.</summary>
    public void Add(double value)
    {
        double before = Count;
        double n = ++Count;
        double delta = value - _mean;
        double step = delta / n;
        double square = delta * step * before;
        _mean += step;
        M4 += (square * step * step * ((n * n) - (3 * n) + 3)) + (6 * step * step * M2) - (4 * step * M3);
        M3 += (square * step * (n - 2)) - (3 * step * M2);
        M2 += square;
    }

    /// <summary>Adds values, in order.</summary>
    public void AddRange(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            Add(value);
        }
    }

    /// <summary>Adds all values behind another set of moments. Commutative and associative up to rounding.</summary>
    /// <param name="other">Moments of a disjoint set.</param>
    public void Merge(in Moments other)
    {
        if (other.Count == 0)
        {
            return;
        }

        if (Count == 0)
        {
            this = other;
            return;
        }

        double a = Count, b = other.Count, n = a + b;
        double d = other._mean - _mean, dn = d / n, ab = a * b;
        double m4 = M4 + other.M4
            + (d * dn * dn * dn * ab * ((a * a) - ab + (b * b)))
            + (6 * dn * dn * ((a * a * other.M2) + (b * b * M2)))
            + (4 * dn * ((a * other.M3) - (b * M3)));
        double m3 = M3 + other.M3 + (d * dn * dn * ab * (a - b)) + (3 * dn * ((a * other.M2) - (b * M2)));
        M2 += other.M2 + (d * dn * ab);
        M3 = m3;
        M4 = m4;
        _mean += dn * b;
        Count += other.Count;
    }
}
