using System.Text.RegularExpressions;

namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>The traffic that shapes claim is that of the assembly.</summary>
public partial class TrafficTests
{
    public static TheoryData<string> Streams => [.. Shapes.Keys];

    private static Dictionary<string, (Type Body, LoopShape Shape)> Shapes { get; } = new()
    {
        ["axpy"] = (typeof(IlgpuParameterKernels.ScaledAddition), KernelShapes.Axpy(1)),
        ["scale"] = (typeof(IlgpuParameterKernels.Scaling), KernelShapes.Scale(1)),
        ["adam"] = (typeof(IlgpuParameterKernels.AdamUpdate), KernelShapes.Adam(1)),
        ["sgd"] = (typeof(IlgpuParameterKernels.Descent), KernelShapes.Sgd(1)),
        ["activation"] = (typeof(IlgpuLayerKernels.ForwardPass<Gelu>), KernelShapes.Activation(1)),
        ["gradient"] = (typeof(IlgpuLayerKernels.BackwardPass<Gelu>), KernelShapes.ActivationGradient(1)),
        ["tangent of its gradient"] = (typeof(IlgpuTangentKernels.GradientTangent<TanhDerivatives>), KernelShapes.ActivationGradientTangent(1)),
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_loads_and_stores_as_many_words_as_its_shape_says(string name)
    {
        (Type body, LoopShape shape) = Shapes[name];
        using var compiler = new PtxCompiler(80);
        string assembly = compiler.Compile(typeof(StreamLoop<>).MakeGenericType(body));
        Assert.Equal((shape.Element.Reads, shape.Element.Writes), (Loads().Count(assembly), Stores().Count(assembly)));
    }

    [GeneratedRegex(@"\bld(\.global)?\.v4\.f32")]
    private static partial Regex Loads();

    [GeneratedRegex(@"\bst(\.global)?\.v4\.f32")]
    private static partial Regex Stores();
}
