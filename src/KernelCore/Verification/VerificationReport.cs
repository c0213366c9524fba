namespace KernelCore.Verification;

/// <summary>Outcome of comparing one quantity.</summary>
public enum Verdict
{
    /// <summary>Every element within tolerance.</summary>
    Passed,

    /// <summary>Some element, or the median, out of tolerance.</summary>
    Failed,

    /// <summary>The file expects it, this version does not compute it.</summary>
    Unsupported,
}

/// <summary>One quantity of a reference case: all tensors of the same kind together.</summary>
/// <param name="Quantity">Name without <c>expect.</c>; a trailing <c>.*</c> stands for one tensor per parameter.</param>
/// <param name="Tensors">Number of tensors compared.</param>
/// <param name="MaxError">Largest error of an element, relative to max(|expected|, rms of its tensor, size of what it is a sum of).</param>
/// <param name="MedianError">Median of those errors.</param>
/// <param name="Verdict">Outcome.</param>
/// <param name="Worst">Where the largest error is, with both values; empty when unsupported.</param>
public sealed record QuantityReport(string Quantity, int Tensors, double MaxError, double MedianError, Verdict Verdict, string Worst);

/// <summary>Outcome of one reference case.</summary>
/// <param name="Case">Name of the case.</param>
/// <param name="File">Where it came from.</param>
/// <param name="Quantities">Quantity by quantity.</param>
public sealed record VerificationReport(string Case, string File, IReadOnlyList<QuantityReport> Quantities)
{
    /// <summary>Whether everything that was compared is within tolerance, and something was compared.</summary>
    public bool Passed => Quantities.All(q => q.Verdict != Verdict.Failed) && Quantities.Any(q => q.Verdict == Verdict.Passed);
}

/// <summary>When a recomputed quantity counts as equal to a double-precision expectation.</summary>
/// <param name="PerElement">Largest error of any element, relative to max(|expected|, rms of the tensor, size of what it is a sum of: 1 % of ||a|| ||b|| for a dot product, 3 for an excess kurtosis).</param>
/// <param name="Median">Largest median of those errors.</param>
public sealed record Tolerance(double PerElement = 1e-4, double Median = 1e-6);
