using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.Materialise"/>.</summary>
public abstract class MaterialiseSuite : PerSampleSuite
{
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        var math = new CaptureMath(uses, role);
        using Tensor destination = Garbage(batch, math.Count);
        Kernels.Materialise(uses, role, destination);
        AssertNumbers.Within(math.Gradients, destination.ToArray(), k => math.FormingError * math.Absolute[k], name);
    }

    [Fact]
    public void Refuses_captures_without_what_their_kind_needs()
    {
        LayerCapture use = CaptureSpec.Linear(1, 2, 3).Build(Device, 1, 9);
        var broken = new LayerCapture
        {
            Layer = "head", Kind = use.Kind, Batch = 1, Positions = 1, WeightShape = use.WeightShape, Layout = use.Layout, Backprop = use.Backprop,
        };
        using Tensor destination = Garbage(1, 6);
        var error = Assert.Throws<ArgumentException>(() => Kernels.Materialise([broken], ParameterRole.Weight, destination));
        Assert.Contains("head", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Kernels.Materialise([], ParameterRole.Weight, destination));
    }
}
