using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.WeightedSum"/>.</summary>
public abstract class WeightedSumSuite : PerSampleSuite
{
    private const ulong CoefficientStream = 650, OldStream = 651;

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        var math = new CaptureMath(uses, role);
        using Tensor coefficients = Normal(CoefficientStream, batch);
        AssertSum(uses, role, math, null, 0, name);
        AssertSum(uses, role, math, coefficients, 0, name);
        AssertSum(uses, role, math, coefficients, 0.75f, name);
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("convolution 3 x 3")]
    [InlineData("depthwise convolution")]
    [InlineData("grouped convolution of several tiles")]
    [InlineData("lookup with padding")]
    [InlineData("layer norm")]
    public void A_batch_of_many_chunks_agrees_too(string name)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, 67);
        using Tensor coefficients = Normal(CoefficientStream, 67);
        AssertSum(uses, ParameterRole.Weight, new CaptureMath(uses, ParameterRole.Weight), coefficients, 0.75f, name);
    }

    private void AssertSum(LayerCapture[] uses, ParameterRole role, CaptureMath math, Tensor? coefficients, float beta, string name)
    {
        using Tensor destination = beta == 0 ? Garbage(math.Count) : Normal(OldStream, math.Count);
        float[] old = beta == 0 ? new float[math.Count] : destination.ToArray();
        float[]? c = coefficients?.ToArray();
        Kernels.WeightedSum(uses, role, coefficients, beta, destination);
        double[] sums = math.PerElement((i, k) => (c?[i] ?? 1) * math.Gradients[k]);
        double[] absolute = math.PerElement((i, k) => Math.Abs(c?[i] ?? 1) * math.Absolute[k]);
        AssertNumbers.Within(
            [.. sums.Select((sum, e) => sum + (beta * (double)old[e]))], destination.ToArray(),
            e => math.SumError * (absolute[e] + Math.Abs(beta * old[e])), name);
    }
}
