namespace KernelCore.Reporting.Charts;

/// <summary>Shares of a group of values by bins of equal width.</summary>
/// <param name="Low">Lower edge of the first bin.</param>
/// <param name="BinWidth">Width of every bin.</param>
/// <param name="Shares">Percentage of the group in each bin; all zero for an empty group.</param>
internal sealed record Histogram(double Low, double BinWidth, IReadOnlyList<double> Shares)
{
    private const int Bins = 40;

    /// <summary>This share of the values at either end does not stretch the axis: scores have long tails.</summary>
    private const double Tail = 0.005;

    /// <summary>Counts groups of values in common bins.</summary>
    /// <param name="groups">Values of each group. NaN is left out; values beyond the outermost bins count in these.</param>
    /// <remarks>Small whole numbers get a bin each. Other values are cut at the 0.5 % and the 99.5 % quantile of all.</remarks>
    public static Histogram[] Of(params IReadOnlyList<double[]> groups)
    {
        double[] all = [.. groups.SelectMany(g => g).Where(Axis.CanShow).Order()];
        var (low, width, bins) = Layout(all);
        return [.. groups.Select(group => new Histogram(low, width, Count(group, low, width, bins)))];
    }

    /// <summary>Lower edge of a bin; the upper one of the last bin for the number of bins.</summary>
    public double Edge(int bin) => Low + (bin * BinWidth);

    private static (double Low, double Width, int Bins) Layout(double[] sorted)
    {
        if (sorted.Length == 0)
        {
            return (0, 1.0 / Bins, Bins);
        }

        if (sorted.All(double.IsInteger) && sorted[^1] - sorted[0] < 2 * Bins)
        {
            return (sorted[0] - 0.5, 1, (int)(sorted[^1] - sorted[0]) + 1);
        }

        int tail = (int)(Tail * sorted.Length);
        Axis axis = Axis.Over("", [sorted[tail], sorted[^(1 + tail)]]);
        return (axis.Minimum, (axis.Maximum - axis.Minimum) / Bins, Bins);
    }

    private static double[] Count(double[] values, double low, double width, int bins)
    {
        var shares = new double[bins];
        int count = 0;
        foreach (double value in values)
        {
            if (!double.IsNaN(value))
            {
                shares[(int)Math.Clamp((value - low) / width, 0, bins - 1)]++;
                count++;
            }
        }

        for (int bin = 0; count > 0 && bin < bins; bin++)
        {
            shares[bin] *= 100.0 / count;
        }

        return shares;
    }
}
