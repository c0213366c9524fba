using System.Globalization;

namespace KernelCore.Verification;

/// <summary>Collects the errors of one quantity, tensor by tensor.</summary>
internal sealed class Comparison(string quantity)
{
    private readonly List<double> _errors = [];
    private string _worst = "";
    private double _max = -1;
    private int _tensors;
    private bool _unsupported;

    /// <summary>Notes a tensor that is not computed.</summary>
    public void AddUnsupported()
    {
        _tensors++;
        _unsupported = true;
    }

    /// <summary>Compares a tensor; errors are relative to max(|expected|, rms of the tensor, scale), absolute where all are zero.</summary>
    public void Add(string name, ReadOnlySpan<double> expected, Recomputed recomputed)
    {
        ReadOnlySpan<float> actual = recomputed.Values;
        _tensors++;
        if (expected.Length != actual.Length)
        {
            Note(double.PositiveInfinity, string.Create(CultureInfo.InvariantCulture, $"{name}: expected {expected.Length} elements, got {actual.Length}"));
            return;
        }

        double squares = 0;
        foreach (double e in expected)
        {
            squares += e * e;
        }

        double rms = Math.Sqrt(squares / Math.Max(1, expected.Length));
        for (int i = 0; i < expected.Length; i++)
        {
            double size = Math.Max(Math.Max(Math.Abs(expected[i]), rms), recomputed.Scale?[i] ?? 0), difference = Math.Abs(actual[i] - expected[i]);
            double error = size > 0 ? difference / size : difference;
            error = double.IsNaN(error) ? double.PositiveInfinity : error;
            _errors.Add(error);
            if (error > _max)
            {
                Note(error, string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]: expected {expected[i]:R}, got {actual[i]:R}"));
            }
        }
    }

    public QuantityReport ToReport(Tolerance tolerance)
    {
        if (_unsupported)
        {
            return new QuantityReport(quantity, _tensors, double.NaN, double.NaN, Verdict.Unsupported, "");
        }

        _errors.Sort();
        double max = Math.Max(_max, 0), median = _errors.Count == 0 ? max : _errors[_errors.Count / 2];
        bool within = max <= tolerance.PerElement && median <= tolerance.Median;
        return new QuantityReport(quantity, _tensors, max, median, within ? Verdict.Passed : Verdict.Failed, _worst);
    }

    private void Note(double error, string where) => (_max, _worst) = (error, where);
}
