namespace KernelCore.Benchmarks;

/// <summary>Names a series of times.</summary>
/// <param name="Subject">A model, <c>head</c>, <c>influence</c>, or <c>gemm</c> with its threads.</param>
/// <param name="Item">A quantity, a shape, or a method with its numbers of samples.</param>
/// <param name="Who">Whose time: <see cref="Own"/>, <see cref="Yardstick"/> or a peer's name.</param>
public readonly record struct Series(string Subject, string Item, string Who)
{
    /// <summary>KernelCore.</summary>
    public const string Own = "KernelCore";

    /// <summary>What the item is held against, timed right before it: KernelCore's forward + backward, or its matrix product for <c>influence</c>.</summary>
    public const string Yardstick = "yardstick";
}

/// <summary>Seconds of one call, by series and round.</summary>
/// <remarks>Ratios are medians of the ratios within a round, which a machine that speeds up and slows down disturbs least.</remarks>
public sealed class Measurements
{
    private readonly Dictionary<Series, List<double>> _seconds = [];

    /// <summary>Notes the next round of a series.</summary>
    public void Add(Series series, double seconds)
    {
        if (!_seconds.TryGetValue(series, out List<double>? list))
        {
            _seconds.Add(series, list = []);
        }

        list.Add(seconds);
    }

    /// <summary>Median over the rounds; null for a series that was not measured.</summary>
    public double? Median(Series series) => _seconds.TryGetValue(series, out List<double>? list) ? Statistics.Median(list) : null;

    /// <summary>Median over the rounds of numerator / denominator; null unless both were measured.</summary>
    public double? Ratio(Series numerator, Series denominator) =>
        _seconds.TryGetValue(numerator, out List<double>? above) && _seconds.TryGetValue(denominator, out List<double>? below)
            ? Statistics.Median(above.Zip(below, (a, b) => a / b))
            : null;

    /// <summary>Time of an item relative to its yardstick.</summary>
    public double? OwnRatio(string subject, string item) => Ratio(new Series(subject, item, Series.Own), new Series(subject, item, Series.Yardstick));

    /// <summary>How many times faster KernelCore is than a peer.</summary>
    public double? Speedup(string subject, string item, string peer) => Ratio(new Series(subject, item, peer), new Series(subject, item, Series.Own));
}
