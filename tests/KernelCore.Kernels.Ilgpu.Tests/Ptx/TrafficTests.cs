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

    /// <summary>Bodies of loops over rows, and how many words of 16 bytes their passes load and store: each as often as it has words under way.</summary>
    public static TheoryData<string, int, int> Rows => new()
    {
        { nameof(Softmax), 12, 8 }, { nameof(SoftmaxJacobian), 16, 4 }, { nameof(SegmentJacobian), 16, 4 },
        { nameof(IlgpuLayerKernels.SegmentNorm), 12, 4 }, { nameof(IlgpuLayerKernels.ChannelMean), 4, 0 },
        { nameof(IlgpuLossKernels.HardLabels), 12, 8 }, { nameof(IlgpuLossKernels.SoftLabels), 14, 4 }, { nameof(IlgpuLossKernels.Squares), 8, 4 },
        { nameof(IlgpuLossKernels.Head), 20, 0 }, { nameof(IlgpuParameterKernels.BlockDot), 8, 0 }, { nameof(IlgpuTangentKernels.Curvature), 18, 2 },
        { nameof(IlgpuTangentKernels.ScoreGradientTangent), 16, 4 }, { nameof(IlgpuTangentKernels.SegmentGradientTangent), 16, 2 },
        { nameof(ProductTerm), 8, 0 }, { nameof(DirectionTerm), 8, 0 }, { nameof(ChannelTerm), 8, 0 }, { nameof(OutputTerm), 8, 0 },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_row_is_loaded_and_stored_in_words_in_every_pass(string name, int loads, int stores)
    {
        string assembly = PtxCompiler.Compile(KernelCatalogue.All.Single(kernel => IsRowLoopOf(kernel, name)));
        Assert.Equal((loads, stores), (Loads().Count(assembly), Stores().Count(assembly)));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_loads_and_stores_as_many_words_as_its_shape_says(string name)
    {
        (Type body, LoopShape shape) = Shapes[name];
        string assembly = PtxCompiler.Compile(typeof(StreamLoop<>).MakeGenericType(body));
        Assert.Equal((shape.Element.Reads, shape.Element.Writes), (Loads().Count(assembly), Stores().Count(assembly)));
    }

    /// <summary>By the name of the body, or that of the term it sums.</summary>
    private static bool IsRowLoopOf(Type kernel, string name)
    {
        Type body = kernel.GetGenericArguments()[0];
        return kernel.GetGenericTypeDefinition() == typeof(RowLoop<,>) && (body.IsGenericType ? body.GetGenericArguments()[0] : body).Name == name;
    }

    [GeneratedRegex(@"\bld(\.global)?\.v4\.f32")]
    private static partial Regex Loads();

    [GeneratedRegex(@"\bst(\.global)?\.v4\.f32")]
    private static partial Regex Stores();
}
