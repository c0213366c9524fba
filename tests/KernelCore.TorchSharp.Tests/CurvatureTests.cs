using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;
using static KernelCore.Torch.Tests.TestModules;
using static TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace KernelCore.Torch.Tests;

/// <summary>Double backward against the built-in network's tangent rules; the reference cases compare it with PyTorch in double.</summary>
public sealed class CurvatureTests
{
    /// <summary>Two float32 computations of the same product.</summary>
    private const double Tolerance = 1e-4;

    [TorchFact]
    public void Products_agree_with_the_network()
    {
        using Batch batch = Samples.Real(3, 4, 2, 6, 5);
        using Module module = Sequence(() => [Conv2d(2, 4, 3), BatchNorm2d(4), GELU(), Flatten(), LayerNorm(48), Linear(48, 3)])();
        using var model = new TorchModel(module);
        using Network network = TorchNetwork.ToNetwork(module, CpuDevice.Shared);
        using ILinearization actual = model.Linearize(batch, Loss.CrossEntropy), expected = network.Linearize(batch, Loss.CrossEntropy);
        Compare(expected, actual, model, network, batch);

        model.Parameters.Flat.CopyFrom(TestNumbers.Normal(8, (int)model.Parameters.Layout.Count));
        network.Parameters.Flat.CopyFrom(model.Parameters.Flat.ToArray());
        actual.Update();
        expected.Update();
        Compare(expected, actual, model, network, batch);
    }

    [TorchFact]
    public void Frozen_parameters_have_no_curvature_and_old_content_is_scaled()
    {
        using Batch batch = Samples.Real(3, 4, 6);
        using Module module = Sequence(() => [Linear(6, 6), Tanh(), Linear(6, 3)])();
        module.get_parameter("0.weight")!.requires_grad = false;
        using var model = new TorchModel(module);
        using ILinearization point = model.Linearize(batch, Loss.CrossEntropy);
        using ParameterVector v = new(model.Parameters.Layout, model.Device), hv = new(model.Parameters.Layout, model.Device), twice = new(model.Parameters.Layout, model.Device);
        v.Flat.CopyFrom(TestNumbers.Normal(9, (int)v.Layout.Count));
        point.HessianProduct(v, 0, hv);
        point.HessianProduct(v, 0, twice);
        point.HessianProduct(v, 1, twice);
        Assert.All(hv["0.weight"].ToArray(), x => Assert.Equal(0, x));
        Assert.Equal(Array.ConvertAll(hv.Flat.ToArray(), x => 2 * x), twice.Flat.ToArray());
        Assert.All(module.parameters(), p => Assert.Null(p.grad));
    }

    /// <summary>Products at a point read packed captures from the second on, the first at any point none.</summary>
    [TorchFact]
    public void Fisher_products_at_a_point_have_the_same_bits_until_it_moves()
    {
        using Batch batch = Samples.Real(3, 50, 40);
        using Module module = Sequence(() => [Linear(40, 70), Tanh(), Linear(70, 3)])();
        using var model = new TorchModel(module);
        using var objective = new Objective(model, Loss.CrossEntropy, batch);
        float[] v = TestNumbers.Normal(9, (int)model.Parameters.Layout.Count), before = FirstAtPoint();
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(before, Product(objective)));
        using ILinearization linearization = model.Linearize(batch, Loss.CrossEntropy);
        Assert.All(linearization.Captures.Captures, capture => Assert.True(capture.Backprop.Held is not null && capture.Activation!.Held is not null));

        model.Parameters.Flat.CopyFrom(TestNumbers.Normal(8, v.Length));
        objective.Update();
        float[] after = FirstAtPoint();
        Assert.NotEqual(before, after);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(after, Product(objective)));

        float[] FirstAtPoint()
        {
            using var point = new Objective(model, Loss.CrossEntropy, batch);
            return Product(point);
        }

        float[] Product(Objective at)
        {
            using var fisher = new EmpiricalFisherOperator(at);
            using Kernels.Tensor x = model.Device.Allocate([v.Length], v), y = model.Device.Allocate([v.Length]);
            fisher.Apply(x, y);
            return y.ToArray();
        }
    }

    private static void Compare(ILinearization expected, ILinearization actual, TorchModel model, Network network, Batch batch)
    {
        using ParameterVector v = new(model.Parameters.Layout, model.Device), result = new(model.Parameters.Layout, model.Device);
        using ParameterVector w = new(network.Parameters.Layout, network.Device), reference = new(network.Parameters.Layout, network.Device);
        using var perSample = model.Device.Allocate([batch.Count]);
        using var perSampleReference = model.Device.Allocate([batch.Count]);
        v.Flat.CopyFrom(TestNumbers.Normal(9, (int)v.Layout.Count));
        w.Flat.CopyFrom(v.Flat.ToArray());

        expected.HessianProduct(w, 0, reference, perSampleReference);
        actual.HessianProduct(v, 0, result, perSample);
        Close(reference.Flat.ToArray(), result.Flat.ToArray(), "H v");
        Close(perSampleReference.ToArray(), perSample.ToArray(), "v^T H v");
        expected.GaussNewtonProduct(w, 0, reference, perSampleReference);
        actual.GaussNewtonProduct(v, 0, result, perSample);
        Close(reference.Flat.ToArray(), result.Flat.ToArray(), "G v");
        Close(perSampleReference.ToArray(), perSample.ToArray(), "v^T G v");
        Close(expected.Losses.ToArray(), actual.Losses.ToArray(), "losses");
    }

    private static void Close(float[] expected, float[] actual, string what)
    {
        double size = expected.Max(Math.Abs);
        AssertNumbers.Within(Array.ConvertAll(expected, v => (double)v), actual, _ => Tolerance * size, what);
    }
}
