using System.Globalization;

namespace KernelCore.Reporting.Charts;

/// <summary>A linear axis with ticks at round numbers.</summary>
/// <param name="Label">What it measures.</param>
/// <param name="Minimum">Left or lower end.</param>
/// <param name="Maximum">Right or upper end, above <paramref name="Minimum"/>.</param>
/// <param name="Step">Distance of the ticks: 1, 2 or 5 times a power of ten. They lie at its multiples.</param>
internal sealed record Axis(string Label, double Minimum, double Maximum, double Step)
{
    /// <summary>Numbers beyond this would overflow in differences and are left out like NaN.</summary>
    private const double Largest = 1e150;

    /// <summary>Ranges below this are drawn as zero: their steps would underflow.</summary>
    private const double Smallest = 1e-150;

    private const double Slack = 1e-9;

    /// <summary>Ticks from the lowest to the highest.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            double last = Math.Floor((Maximum / Step) + Slack);
            for (double k = Math.Ceiling((Minimum / Step) - Slack); k <= last; k++)
            {
                // Adding zero turns -0 into 0.
                yield return (k * Step) + 0.0;
            }
        }
    }

    /// <summary>An axis that holds all values and ends at ticks.</summary>
    /// <param name="label">What it measures.</param>
    /// <param name="values">Values to hold; NaN and infinities are ignored. Without any, the axis runs from 0 to 1.</param>
    /// <param name="fromZero">Whether zero belongs to the axis in any case.</param>
    /// <param name="intervals">Wished number of intervals between ticks; the result is near it.</param>
    public static Axis Over(string label, IEnumerable<double> values, bool fromZero = false, int intervals = 5)
    {
        var (low, high) = Range(values, fromZero);
        double step = RoundStep((high - low) / intervals);
        return new Axis(label, Math.Floor((low / step) + Slack) * step, Math.Ceiling((high / step) - Slack) * step, step);
    }

    /// <summary>An axis of whole numbers with some air at its ends.</summary>
    public static Axis Integers(string label, int first, int last)
    {
        double air = first == last ? 0.5 : 0.03 * (last - first);
        return new Axis(label, first - air, last + air, Math.Max(1, RoundStep((last - first) / 10.0)));
    }

    /// <summary>Whether a value can be drawn.</summary>
    public static bool CanShow(double value) => Math.Abs(value) < Largest;

    /// <summary>Position of a value from 0 (minimum) to 1 (maximum), values outside at the nearer end.</summary>
    public double Fraction(double value) => Math.Clamp((value - Minimum) / (Maximum - Minimum), 0, 1);

    /// <summary>A tick's label: as many decimals as the step has, or scientific for very large and small steps.</summary>
    public string Format(double tick)
    {
        int exponent = (int)Math.Floor(Math.Log10(Step) + Slack);
        string format = exponent is < -4 or > 5 ? "0.###E+0;-0.###E+0;0" : "F" + Math.Max(0, -exponent).ToString(CultureInfo.InvariantCulture);
        return tick.ToString(format, CultureInfo.InvariantCulture);
    }

    private static (double Low, double High) Range(IEnumerable<double> values, bool fromZero)
    {
        double low = fromZero ? 0 : double.PositiveInfinity, high = fromZero ? 0 : double.NegativeInfinity;
        foreach (double value in values.Where(CanShow))
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        }

        double size = Math.Max(Math.Abs(low), Math.Abs(high));
        if (low > high || size < Smallest)
        {
            return (0, 1);
        }

        // Below this width the ticks would differ by rounding errors only.
        return high - low > 1e-10 * size ? (low, high) : (low - (0.1 * size), high + (0.1 * size));
    }

    private static double RoundStep(double atLeast)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        return power * (atLeast / power) switch { <= 1 + Slack => 1, <= 2 + Slack => 2, <= 5 + Slack => 5, _ => 10 };
    }
}
