using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.Dots"/>.</summary>
public abstract class DotsSuite : PerSampleSuite
{
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        var math = new CaptureMath(uses, role);
        using Tensor direction = Direction(math), result = Garbage(batch);
        double[] v = Doubles(direction), absolute = [.. v.Select(Math.Abs)];
        Kernels.Dots(uses, role, direction, result);
        AssertNumbers.Within(
            math.PerSample(i => CaptureMath.Dot(math.Gradient(i), v)), result.ToArray(),
            i => math.DotError * CaptureMath.Dot(math.AbsoluteGradient(i), absolute), name);
    }
}
