using KernelCore.Conformance;
using KernelCore.Data;
using KernelCore.Gradients;
using KernelCore.Influence;
using KernelCore.Kernels;
using KernelCore.Kernels.Ilgpu;
using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch.Tests;

/// <summary>A module of torch with its kernels on a device of ILGPU gives what the CPU kernels give.</summary>
public sealed class IlgpuTests
{
    /// <summary>Two float32 computations; sums have fewer than 500 terms, and 500 x 2^-24 = 3e-5 is their worst error.</summary>
    private const double Tolerance = 5e-5;

    [TorchFact]
    public void Torch_on_the_host() => Agree("ilgpu:emulator", torch.CPU);

    [SkippableFact]
    public void Torch_on_the_same_GPU()
    {
        Skip.If(LibTorch.Missing is not null, LibTorch.Missing);
        Skip.IfNot(torch.cuda.is_available(), "libtorch sees no CUDA device; TorchSharpNative names a package with CUDA");
        Agree("ilgpu:cuda:0", torch.CUDA);
    }

    private static void Agree(string selector, torch.Device place)
    {
        Func<Module> create = Sequence(() => [Conv2d(2, 3, 3), GroupNorm(3, 3), ReLU(), Flatten(), Linear(36, 6), Tanh(), Linear(6, 3)]);
        using Device device = new IlgpuBackend().Open(selector);
        using Module near = create(), far = create().to(place);
        using TorchModel expected = new(near), actual = new(far, device);
        Dataset data = Samples.Dataset(4, 3, [2, 6, 5]);
        using Batch batch = Samples.Real(3, 4, 2, 6, 5), there = Copy(batch, device);
        Quantities(expected, batch, actual, there);
        Products(expected, batch, actual, there);

        InfluenceMatrix influence = GradientProducts.GradDot(actual).Compute(data, data).ToMatrix();
        Close(GradientProducts.GradDot(expected).Compute(data, data).ToMatrix().Values, influence.Values, "influence");

        actual.Parameters["6.bias"].Fill(2);
        actual.WriteParameters();
        Assert.Equal([2f, 2f, 2f], far.get_parameter("6.bias")!.cpu().data<float>().ToArray());
    }

    private static void Quantities(TorchModel expected, Batch batch, TorchModel actual, Batch there)
    {
        var query = new GradientQuery { Norms = true, Cosines = true, ClipNorm = 1 };
        using PerSampleEngine reference = new(expected, query), engine = new(actual, query);
        GradientResult right = reference.Evaluate(batch, Loss.CrossEntropy), result = engine.Evaluate(there, Loss.CrossEntropy);
        Close(right.SquaredNorms!.Total.ToArray(), result.SquaredNorms!.Total.ToArray(), "squared norms");
        Close(right.Cosines!.Total.ToArray(), result.Cosines!.Total.ToArray(), "cosines");
        Close(right.ClippedSum!.Flat.ToArray(), result.ClippedSum!.Flat.ToArray(), "clipped sum");
    }

    private static void Products(TorchModel expected, Batch batch, TorchModel actual, Batch there)
    {
        using ILinearization reference = expected.Linearize(batch, Loss.CrossEntropy), point = actual.Linearize(there, Loss.CrossEntropy);
        using ParameterVector v = new(expected.Parameters.Layout, expected.Device), hv = new(v.Layout, expected.Device);
        using ParameterVector w = new(v.Layout, actual.Device), hw = new(v.Layout, actual.Device);
        v.Flat.CopyFrom(TestNumbers.Normal(9, (int)v.Layout.Count));
        w.Flat.CopyFrom(v.Flat.ToArray());
        reference.HessianProduct(v, 0, hv);
        point.HessianProduct(w, 0, hw);
        Close(hv.Flat.ToArray(), hw.Flat.ToArray(), "H v");
    }

    private static Batch Copy(Batch batch, Device device) => new()
    {
        Features = device.Allocate(batch.Features!.Shape, batch.Features.ToArray()),
        Labels = device.AllocateIndices(batch.Labels!.Shape, batch.Labels.ToArray()),
    };

    private static void Close(float[] expected, float[] actual, string what)
    {
        double size = expected.Max(Math.Abs);
        AssertNumbers.Within(Array.ConvertAll(expected, x => (double)x), actual, _ => Tolerance * size, what);
    }
}
