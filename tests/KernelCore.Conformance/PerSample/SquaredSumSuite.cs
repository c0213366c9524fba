using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.SquaredSum"/>.</summary>
public abstract class SquaredSumSuite : PerSampleSuite
{
    private const ulong OldStream = 652;

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        AssertSum(uses, role, 0, name);
        AssertSum(uses, role, 0.75f, name);
    }

    [Theory]
    [InlineData("linear on sequences, primes")]
    [InlineData("convolution 3 x 3")]
    [InlineData("tied lookup and linear")]
    [InlineData("lookup with padding")]
    public void A_batch_of_many_chunks_agrees_too(string name) =>
        AssertSum(CaptureCases.Build(Device, name, 67), ParameterRole.Weight, 0.75f, name);

    private void AssertSum(LayerCapture[] uses, ParameterRole role, float beta, string name)
    {
        const float Scale = 0.3f;
        var math = new CaptureMath(uses, role);
        using Tensor destination = beta == 0 ? Garbage(math.Count) : Normal(OldStream, math.Count);
        float[] old = beta == 0 ? new float[math.Count] : destination.ToArray();
        Kernels.SquaredSum(uses, role, Scale, beta, destination);
        double[] sums = math.PerElement((_, k) => Scale * math.Gradients[k] * math.Gradients[k]);
        double[] absolute = math.PerElement((_, k) => Scale * math.Absolute[k] * math.Absolute[k]);
        AssertNumbers.Within(
            [.. sums.Select((sum, e) => sum + (beta * (double)old[e]))], destination.ToArray(),
            e => math.SquareError * (absolute[e] + Math.Abs(beta * old[e])), name);
    }
}
