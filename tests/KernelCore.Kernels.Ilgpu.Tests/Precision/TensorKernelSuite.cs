using KernelCore.Conformance;
using KernelCore.Conformance.PerSample;

namespace KernelCore.Kernels.Ilgpu.Tests.Precision;

/// <summary>Products of every kind of operand and every sink in a precision of tensor cores, against the double oracle.</summary>
/// <remarks>
/// What a product of sums of n terms is off by is at most ((1 + u)^2 (1 + gamma_n) - 1) times the sum of absolute
/// products, u the unit roundoff of its factors; where two such products meet, or one is squared, twice that.
/// </remarks>
public abstract class TensorKernelSuite : PerSampleSuite
{
    private static readonly string[] Cases = ["linear on vectors", "linear on sequences, primes", "grouped convolution", "convolution with stride and dilation"];

    public static TheoryData<string> CaptureNames => [.. Cases];

    /// <summary>What products work in.</summary>
    protected abstract TensorFormat Format { get; }

    protected override Func<Device> Open => TestDevices.With(Format.Name);

    [Theory]
    [InlineData(3, 8, 9, 3, 1, 1)]
    [InlineData(6, 9, 7, 3, 2, 3)]
    public void Convolution(int channels, int outChannels, int size, int kernel, int stride, int groups)
    {
        int outSize = ((size + 2 - kernel) / stride) + 1;
        var geometry = new ConvolutionGeometry(channels, outChannels, groups, size, size, kernel, kernel, stride, stride, 1, 1, 1, 1, outSize, outSize);
        float[] x = TestNumbers.Normal(1, 2 * geometry.InputSize), weight = TestNumbers.Normal(2, outChannels * geometry.PatchSize), gy = TestNumbers.Normal(3, 2 * geometry.OutputSize);
        using Tensor xTensor = Device.Allocate([x.Length], x), weightTensor = Device.Allocate([weight.Length], weight), gyTensor = Device.Allocate([gy.Length], gy);
        using Tensor y = Garbage(gy.Length), gx = Garbage(x.Length);
        Device.Kernels.Layers.Convolution(geometry, 2, xTensor, weightTensor, null, y);
        Device.Kernels.Layers.ConvolutionInputGradient(geometry, 2, gyTensor, weightTensor, gx);

        double[] Forward(Func<double, double> map)
        {
            var result = new double[y.Count];
            Definitions.Convolution.Forward<double>(geometry, 2, Map(x, map), Map(weight, map), [], result);
            return result;
        }

        double[] Gradient(Func<double, double> map)
        {
            var result = new double[gx.Count];
            Definitions.Convolution.InputGradient<double>(geometry, 2, Map(gy, map), Map(weight, map), result);
            return result;
        }

        AssertWithin(Forward(v => v), Forward(Math.Abs), y, 1, TestNumbers.Gamma(2 * (geometry.PatchSize + 4)), "y");
        AssertWithin(Gradient(v => v), Gradient(Math.Abs), gx, 1, TestNumbers.Gamma(2 * ((geometry.OutChannelsPerGroup * kernel * kernel) + 4)), "gx");
    }

    /// <summary>Scores are off by at most d, so probabilities by a factor between exp(-2d) and exp(2d); then they are rounded and mixed.</summary>
    [Fact]
    public void Attention()
    {
        var geometry = new AttentionGeometry(2, 5, 2, 9);
        int rows = geometry.Batch * geometry.Heads * geometry.Tokens;
        float[] qkv = [.. TestNumbers.Normal(1, geometry.Batch * geometry.Tokens * 3 * geometry.Width).Select(value => value / 4)];
        using Tensor packed = Device.Allocate([qkv.Length], qkv), probabilities = Garbage(rows * geometry.Tokens), y = Garbage(geometry.Batch * geometry.Tokens * geometry.Width);
        Device.Kernels.Layers.Attention(geometry, packed, probabilities, y);

        double[] p = new double[probabilities.Count], expected = new double[y.Count], magnitude = new double[y.Count];
        Definitions.Attention.Forward<double>(geometry, Map(qkv, v => v), p, expected);
        Definitions.Attention.Forward<double>(geometry, [.. Map(qkv, v => v).Select((value, i) => i / geometry.Width % 3 == 2 ? Math.Abs(value) : value)], p, magnitude);
        double largest = qkv.Max(Math.Abs), sums = TestNumbers.Gamma(64), d = (Format.Error() + sums) * Math.Sqrt(geometry.HeadSize) * largest * largest;
        double factor = (Math.Exp(2 * d) * (1 + sums)) - 1;
        AssertNumbers.Within(p, probabilities.ToArray(), i => factor * p[i], "probabilities");
        AssertNumbers.Within(expected, y.ToArray(), i => (((1 + factor) * (1 + Format.Error())) - 1 + sums) * magnitude[i], "y");
    }

    [Theory]
    [MemberData(nameof(CaptureNames))]
    public void Squared_norms_by_both_formulas(string name)
    {
        (LayerCapture[] uses, CaptureMath math) = Captures(name);
        double[] expected = math.PerSample(i => CaptureMath.Dot(math.Gradient(i), math.Gradient(i)));
        double[] absolute = math.PerSample(i => CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(i)));
        foreach (NormFormula formula in (NormFormula[])[NormFormula.Direct, NormFormula.Gram])
        {
            using Tensor result = Garbage(math.Batch);
            Kernels.SquaredNorms(uses, ParameterRole.Weight, formula, result);
            AssertWithin(expected, absolute, result, 2, 2 * math.NormError(formula), $"{name}, {formula}");
        }
    }

    [Theory]
    [MemberData(nameof(CaptureNames))]
    public void Dots(string name)
    {
        (LayerCapture[] uses, CaptureMath math) = Captures(name);
        using Tensor direction = Direction(math), result = Garbage(math.Batch);
        Kernels.Dots(uses, ParameterRole.Weight, direction, result);
        double[] v = Doubles(direction), absolute = [.. v.Select(Math.Abs)];
        AssertWithin(
            math.PerSample(i => CaptureMath.Dot(math.Gradient(i), v)), math.PerSample(i => CaptureMath.Dot(math.AbsoluteGradient(i), absolute)), result,
            1, 2 * math.DotError, name);
    }

    [Theory]
    [MemberData(nameof(CaptureNames))]
    public void Gram_matrix(string name)
    {
        (LayerCapture[] uses, CaptureMath math) = Captures(name);
        using Tensor gram = Garbage(math.Batch, math.Batch);
        Kernels.Gram(uses, uses, ParameterRole.Weight, accumulate: false, gram);
        double[] Pairs(Func<int, int, double> dot) => [.. Enumerable.Range(0, math.Batch * math.Batch).Select(k => dot(k / math.Batch, k % math.Batch))];

        // Where gradients are formed first, two products and the rounding of their results follow one another.
        AssertWithin(
            Pairs((i, j) => CaptureMath.Dot(math.Gradient(i), math.Gradient(j))), Pairs((i, j) => CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(j))),
            gram, 3, 2 * math.GramError, name);
    }

    [Theory]
    [MemberData(nameof(CaptureNames))]
    public void Sums_over_samples(string name)
    {
        (LayerCapture[] uses, CaptureMath math) = Captures(name);
        using Tensor coefficients = Normal(650, math.Batch), weighted = Garbage(math.Count), squared = Garbage(math.Count);
        Kernels.WeightedSum(uses, ParameterRole.Weight, coefficients, 0, weighted);
        Kernels.SquaredSum(uses, ParameterRole.Weight, 0.3f, 0, squared);
        float[] c = coefficients.ToArray();
        AssertWithin(
            math.PerElement((i, k) => c[i] * math.Gradients[k]), math.PerElement((i, k) => Math.Abs(c[i]) * math.Absolute[k]), weighted, 1, 2 * math.SumError, name);
        AssertWithin(
            math.PerElement((_, k) => 0.3f * math.Gradients[k] * math.Gradients[k]), math.PerElement((_, k) => 0.3f * math.Absolute[k] * math.Absolute[k]), squared,
            2, 2 * math.SquareError, name);
    }

    private (LayerCapture[] Uses, CaptureMath Math) Captures(string name)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, 5);
        return (uses, new CaptureMath(uses, ParameterRole.Weight));
    }

    private void AssertWithin(double[] expected, double[] magnitude, Tensor actual, int products, double sums, string name)
    {
        double relative = ((1 + Format.Error(products)) * (1 + sums)) - 1;
        AssertNumbers.Within(expected, actual.ToArray(), i => relative * magnitude[i], name);
    }

    private static double[] Map(float[] values, Func<double, double> map) => Array.ConvertAll(values, value => map(value));
}

public sealed class Tf32Kernels : TensorKernelSuite { protected override TensorFormat Format => TensorFormat.Tf32; }

public sealed class Bf16Kernels : TensorKernelSuite { protected override TensorFormat Format => TensorFormat.Bf16; }
