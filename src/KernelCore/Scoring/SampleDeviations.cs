namespace KernelCore.Scoring;

/// <summary>Running mean and population standard deviation of a vector per sample, over its observations.</summary>
/// <remarks>Welford's update in double, in the order observed: O(N x width) memory, 16 bytes an element.</remarks>
internal sealed class SampleDeviations
{
    private readonly int _width;
    private readonly int[] _counts;
    private readonly double[] _means;
    private readonly double[] _squares;

    public SampleDeviations(int samples, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        long elements = (long)samples * width;
        if (elements > Array.MaxLength)
        {
            throw new ArgumentOutOfRangeException(
                nameof(samples), samples, $"{samples} samples of {width} elements exceed {Array.MaxLength}; take the samples in parts");
        }

        _width = width;
        _counts = new int[samples];
        _means = new double[elements];
        _squares = new double[elements];
    }

    /// <summary>Number of samples.</summary>
    public int Samples => _counts.Length;

    /// <summary>Elements of one sample.</summary>
    public int Width => _width;

    /// <summary>Observations of a sample.</summary>
    public int Count(int sample) => _counts[sample];

    /// <summary>Mean of an element; NaN when never observed.</summary>
    public double Mean(int sample, int element = 0) => _counts[sample] == 0 ? double.NaN : _means[Index(sample, element)];

    /// <summary>Population standard deviation of an element; NaN when never observed.</summary>
    public double Deviation(int sample, int element = 0) => Math.Sqrt(_squares[Index(sample, element)] / _counts[sample]);

    /// <summary>Takes in one observation of a sample, of <see cref="Width"/> elements.</summary>
    public void Observe(int sample, ReadOnlySpan<float> values)
    {
        double count = ++_counts[sample];
        Span<double> means = _means.AsSpan(Index(sample, 0), _width);
        Span<double> squares = _squares.AsSpan(Index(sample, 0), _width);
        for (int j = 0; j < values.Length; j++)
        {
            double delta = values[j] - means[j];
            means[j] += delta / count;
            squares[j] += delta * (values[j] - means[j]);
        }
    }

    private int Index(int sample, int element) => (sample * _width) + element;
}
