using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.Dots"/> and <see cref="IPerSampleKernels.LayerDots"/>.</summary>
public abstract class DotsSuite : PerSampleSuite
{
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        var math = new CaptureMath(uses, role);
        using Tensor direction = Direction(math), result = Garbage(batch);
        Kernels.Dots(uses, role, direction, result);
        AssertDots(math, direction, result, name);
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Of_a_layer_are_those_of_its_weight_and_its_bias(string name, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        CaptureMath weights = new(uses, ParameterRole.Weight), biases = new(uses, ParameterRole.Bias);
        using Tensor weight = Direction(weights), bias = Direction(biases), weightDots = Garbage(batch), biasDots = Garbage(batch);
        Kernels.LayerDots(uses, weight, bias, weightDots, biasDots);
        AssertDots(weights, weight, weightDots, name + ", weight");
        AssertDots(biases, bias, biasDots, name + ", bias");
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("linear on sequences, primes")]
    [InlineData("grouped convolution")]
    [InlineData("tied lookup and linear")]
    public void Nan_stays_in_its_sample(string name)
    {
        const int Batch = 5, Bad = 2;
        LayerCapture[] clean = CaptureCases.Build(Device, name, Batch), dirty = CaptureCases.Build(Device, name, Batch);
        Poison(dirty, Bad);
        using Tensor direction = Direction(new CaptureMath(clean, ParameterRole.Weight)), expected = Garbage(Batch), actual = Garbage(Batch);
        Kernels.Dots(clean, ParameterRole.Weight, direction, expected);
        Kernels.Dots(dirty, ParameterRole.Weight, direction, actual);
        float[] dots = expected.ToArray();
        dots[Bad] = float.NaN;
        Assert.Equal(dots, actual.ToArray());
    }

    private static void AssertDots(CaptureMath math, Tensor direction, Tensor dots, string name)
    {
        double[] v = Doubles(direction), absolute = [.. v.Select(Math.Abs)];
        AssertNumbers.Within(
            math.PerSample(i => CaptureMath.Dot(math.Gradient(i), v)), dots.ToArray(),
            i => math.DotError * CaptureMath.Dot(math.AbsoluteGradient(i), absolute), name);
    }
}
