using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>A product that also applies the activation behind it changes no bit of anything.</summary>
public sealed class AbsorbedActivationTests : IDisposable
{
    private readonly CpuDevice _device = new(2);

    public static TheoryData<Layer> Activations =>
        [new ReLU(), new LeakyReLU(0.2f), new GELU(), new GELU("tanh"), new SiLU(), new Tanh(), new Sigmoid(), new Softplus()];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Activations))]
    public void All_results_are_those_of_layers_that_run_one_by_one(Layer activation)
    {
        // A view keeps the two layers apart and does nothing else.
        Result together = Run([new Linear(5, 37), activation, new Linear(37, 3)]), apart = Run([new Linear(5, 37), new Flatten(), activation, new Linear(37, 3)]);
        Assert.Equal(apart.Outputs, together.Outputs);
        Assert.Equal(apart.LayerOutputs, together.LayerOutputs);
        Assert.Equal(apart.SquaredNorms, together.SquaredNorms);
        Assert.Equal(apart.HessianProduct, together.HessianProduct);
    }

    [Fact]
    public void Only_an_activation_straight_behind_a_linear_layer_is_absorbed()
    {
        Layer[] layers =
        [
            new Tanh(), new Linear(4, 4), new Tanh(), new Tanh(), new Residual([new Linear(4, 4)]), new Tanh(), new Reuse("1"), new Reuse("0"), new Dropout(), new Tanh(),
            new Linear(4, 4) { Frozen = true }, new Tanh(),
        ];
        using var network = new Network(_device, layers);
        using var pass = new NetworkPass(network, [2, 4]);
        Assert.Equal([2, 7, 11], Enumerable.Range(0, layers.Length).Where(i => pass.Steps.Steps[i] is ActivationStep { IsAbsorbed: true }));
    }

    private Result Run(Layer[] layers)
    {
        var c = new NetworkCase("", layers, [5]);
        using Network network = c.Build(_device);
        using Batch batch = c.Batch(_device, 13);
        using var engine = new PerSampleEngine(network, new GradientQuery { Norms = true });
        float[] norms = engine.Evaluate(batch, Loss.CrossEntropy).SquaredNorms!.Total.ToArray();
        using ILinearization linearization = network.Linearize(batch, Loss.CrossEntropy);
        using var product = new ParameterVector(network.Parameters.Layout, _device);
        linearization.HessianProduct(network.Parameters, 0, product);
        IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
        return new Result(pass.Outputs.ToArray(), [.. linearization.Captures.Captures.Select(capture => capture.Output!.ToArray())], norms, product.Flat.ToArray());
    }

    private sealed record Result(float[] Outputs, float[][] LayerOutputs, float[] SquaredNorms, float[] HessianProduct);
}
