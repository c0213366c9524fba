using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance.PerSample;

/// <summary>
/// The gradients of one parameter in double, and beside them the same sums over absolute values, which error bounds are
/// made of: a float32 sum of n products is within gamma_n of its absolute sum (Higham, 2002, section 3.1).
/// </summary>
public sealed class CaptureMath
{
    /// <summary>Additions in one vector lane, and over lanes, of a blocked reduction on any instruction set.</summary>
    private const int ReductionDepth = 1024 / 16 + 8;

    private readonly int _terms, _widths;

    /// <param name="uses">Captures.</param>
    /// <param name="role">Parameter.</param>
    public CaptureMath(LayerCapture[] uses, ParameterRole role)
    {
        Batch = uses[0].Batch;
        Count = role == ParameterRole.Bias ? uses[0].Layout.Channels : (int)uses[0].WeightShape.Count;
        Gradients = PerSampleGradient.Materialise<double>(uses, role);
        Absolute = PerSampleGradient.Materialise<double>([.. uses.Select(AbsoluteOf)], role);
        _terms = uses.Sum(use => Math.Max(use.Positions, use.Layout.Outer * use.Layout.Inner)) + uses.Length;
        _widths = uses[0].WeightRows + uses[0].WeightColumns;
    }

    /// <summary>Samples.</summary>
    public int Batch { get; }

    /// <summary>Elements of the parameter.</summary>
    public int Count { get; }

    /// <summary>[batch, parameter].</summary>
    public double[] Gradients { get; }

    /// <summary>[batch, parameter]: sums of |g||a|.</summary>
    public double[] Absolute { get; }

    /// <summary>Relative bound of one gradient element, in units of its absolute sum.</summary>
    public double FormingError => TestNumbers.Gamma(_terms + 1);

    /// <summary>Relative bound of a squared norm, whatever the formula.</summary>
    public double NormError(NormFormula formula) => TestNumbers.Gamma(
        formula == NormFormula.Direct ? (2 * _terms) + ReductionDepth : _widths + (2 * ReductionDepth));

    /// <summary>Relative bound of a dot with a direction: products with it are summed over inputs, outputs and positions.</summary>
    public double DotError => TestNumbers.Gamma(_terms + _widths + ReductionDepth);

    /// <summary>Relative bound of a weighted sum over samples.</summary>
    public double SumError => TestNumbers.Gamma(((_terms + 1) * Batch) + ReductionDepth);

    /// <summary>Relative bound of a sum of squares over samples.</summary>
    public double SquareError => TestNumbers.Gamma((2 * _terms) + Batch + ReductionDepth);

    /// <summary>Relative bound of a dot between two gradients, by pairs of positions or by tiles of the parameter.</summary>
    public double GramError => TestNumbers.Gamma((2 * _terms) + _widths + 256 + (Count / 256) + ReductionDepth);

    /// <summary>Gradient of a sample.</summary>
    public ReadOnlySpan<double> Gradient(int sample) => Gradients.AsSpan(sample * Count, Count);

    /// <summary>Absolute sums of a sample.</summary>
    public ReadOnlySpan<double> AbsoluteGradient(int sample) => Absolute.AsSpan(sample * Count, Count);

    /// <summary>x . y.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += x[i] * y[i];
        }

        return sum;
    }

    /// <summary>One number per sample.</summary>
    public double[] PerSample(Func<int, double> value) => [.. Enumerable.Range(0, Batch).Select(value)];

    /// <summary>One number per parameter element: a sum over samples of f(sample, index into [batch, parameter]).</summary>
    public double[] PerElement(Func<int, int, double> term)
    {
        var sums = new double[Count];
        for (int k = 0; k < Batch * Count; k++)
        {
            sums[k % Count] += term(k / Count, k);
        }

        return sums;
    }

    private static LayerCapture AbsoluteOf(LayerCapture use) => new()
    {
        Layer = use.Layer,
        Kind = use.Kind,
        Batch = use.Batch,
        Positions = use.Positions,
        WeightShape = use.WeightShape,
        Layout = use.Layout,
        Geometry = use.Geometry,
        PaddingIndex = use.PaddingIndex,
        Indices = use.Indices,
        Activation = use.Activation is null ? null : AbsoluteOf(use.Activation),
        Backprop = AbsoluteOf(use.Backprop),
    };

    private static Tensor AbsoluteOf(Tensor tensor) => tensor.Device.Allocate(tensor.Shape, [.. tensor.ToArray().Select(Math.Abs)]);
}
