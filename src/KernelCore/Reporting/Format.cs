using static System.FormattableString;

namespace KernelCore.Reporting;

/// <summary>Numbers as the report prints them, the same in every culture.</summary>
internal static class Format
{
    /// <summary>What stands where there is no number.</summary>
    public const string None = "\u2013";

    /// <summary>A count with thousands separated: 50,000.</summary>
    public static string Count(long value) => Invariant($"{value:N0}");

    /// <summary>A fraction as a percentage with one decimal.</summary>
    public static string Percent(double? fraction) =>
        fraction is { } value && double.IsFinite(value) ? Invariant($"{100 * value:F1}\u00A0%") : None;

    /// <summary>An area or a probability: three decimals.</summary>
    public static string Area(double value) => double.IsNaN(value) ? None : Invariant($"{value:F3}");

    /// <summary>Any number: four significant digits, or all before the point up to a billion; NaN and infinities by name.</summary>
    public static string Value(double? value) => value switch
    {
        null => None,
        double.NaN => "NaN",
        double.PositiveInfinity => "\u221E",
        double.NegativeInfinity => "-\u221E",
        { } large when Math.Abs(large) is >= 1e4 and < 1e9 => Invariant($"{large:N0}"),
        { } finite => Invariant($"{finite:G4}"),
    };
}
