using KernelCore.Conformance;
using KernelCore.Gradients;
using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;
using KernelCore.Models;

namespace KernelCore.Tests.Models;

/// <summary>Buffers are planned per shape and reused: no sequence of batches, modes and inputs may change a result.</summary>
public sealed class PlanTests : IDisposable
{
    private static readonly NetworkCase Case = new(
        "plans",
        [
            new Conv2d(1, 4, 2), new ReLU(), new Residual([new GroupNorm(2, 4), new Conv2d(4, 4, 3, Padding: 1), new Tanh()]), new MaxPool2d(2), new Dropout(0.3f),
            new Flatten(), new Linear(16, 8), new ReLU(), new Linear(8, 3),
        ],
        [1, 5, 6]);

    private readonly CpuDevice _device = new(2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Alternating_batch_sizes_give_what_fresh_networks_give()
    {
        using Network network = Case.Build(_device);
        using var engine = new PerSampleEngine(network, new GradientQuery { Norms = true, Sum = true });

        // Seven shapes: more than the network keeps plans for, and more than the engine keeps results for.
        foreach (int count in (int[])[3, 1, 3, 5, 2, 3, 7, 4, 6, 3, 1, 5, 3])
        {
            using Batch batch = Case.Batch(_device, count, (ulong)count);
            using Network fresh = Case.Build(_device);
            using var other = new PerSampleEngine(fresh, new GradientQuery { Norms = true, Sum = true });
            GradientResult expected = other.Evaluate(batch, Loss.CrossEntropy), actual = engine.Evaluate(batch, Loss.CrossEntropy);
            Assert.Equal(expected.SquaredNorms!.Total.ToArray(), actual.SquaredNorms!.Total.ToArray());
            Assert.Equal(expected.Sum!.Flat.ToArray(), actual.Sum!.Flat.ToArray());
        }
    }

    [Fact]
    public void Another_input_tensor_of_the_same_shape_is_read_and_its_captures_point_to_it()
    {
        using Network network = Case.Build(_device);
        using Batch first = Case.Batch(_device, 3, stream: 1), second = Case.Batch(_device, 3, stream: 2);
        float[] Sum(Batch batch)
        {
            IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
            using Tensor losses = _device.Allocate([3]), sum = _device.Allocate(network.Parameters[0].Shape);
            Loss.CrossEntropy.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
            CaptureSet captures = pass.Backward();
            Assert.Same(batch.Features, captures.Captures[0].Activation);
            _device.Kernels.PerSample.WeightedSum(captures.Parameters[0].Uses, captures.Parameters[0].Role, null, 0, sum);
            return sum.ToArray();
        }

        float[] a = Sum(first), b = Sum(second);
        Assert.NotEqual(a, b);
        Assert.Equal(a, Sum(first));
        Assert.Equal(b, Sum(second));
    }

    [Fact]
    public void A_batch_refilled_in_place_is_read_again()
    {
        using Network network = Case.Build(_device);
        using Batch batch = Case.Batch(_device, 3, stream: 1), other = Case.Batch(_device, 3, stream: 2);
        float[] expected = network.Forward(other, ForwardMode.Evaluation).Outputs.ToArray();
        network.Forward(batch, ForwardMode.Evaluation);
        batch.Features!.CopyFrom(other.Features!.Span);
        Assert.Equal(expected, network.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray());
    }

    [Fact]
    public void Training_and_evaluation_alternate()
    {
        using Network network = Case.Build(_device);
        using Batch batch = Case.Batch(_device, 3);
        float[] evaluation = network.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray();
        for (ulong pass = 1; pass <= 3; pass++)
        {
            double[] expected = [.. new ReferenceNetwork(network, training: true, NetworkCase.Seed, pass).Outputs(batch).SelectMany(s => s)];
            AssertClose.Equal(expected, network.Forward(batch, ForwardMode.Training).Outputs.ToArray(), 5e-6, $"pass {pass}");
            Assert.Equal(evaluation, network.Forward(batch, ForwardMode.Evaluation).Outputs.ToArray());
        }
    }

    [Fact]
    public void Running_backward_twice_changes_nothing()
    {
        using Network network = Case.Build(_device);
        using Batch batch = Case.Batch(_device, 3);
        using Tensor losses = _device.Allocate([3]);
        IForwardPass pass = network.Forward(batch, ForwardMode.Evaluation);
        Loss.CrossEntropy.Evaluate(pass.Outputs, batch, 1, losses, pass.Cotangent);
        float[][] first = [.. pass.Backward().Captures.Select(c => c.Backprop.ToArray())];
        Assert.Equal(first, pass.Backward().Captures.Select(c => c.Backprop.ToArray()));
    }

    [Fact]
    public void Tokens_for_real_numbers_and_the_reverse_are_refused_and_leave_the_model_usable()
    {
        using var real = new Network(_device, [new Linear(3, 2)]);
        using var tokens = new Network(_device, [new Embedding(4, 2), new MeanTokens()]);
        using var numbers = new Batch { Features = _device.Allocate([2, 3], [1, 2, 3, 4, 5, 6]) };
        using var ids = new Batch { Tokens = _device.AllocateIndices([2, 3], [0, 1, 2, 3, 2, 1]) };
        for (int round = 0; round < 2; round++)
        {
            Assert.Contains("layer '0': takes real numbers", Refusal(real, ids), StringComparison.Ordinal);
            Assert.Contains("layer '0': takes tokens", Refusal(tokens, numbers), StringComparison.Ordinal);
            Assert.All(real.Forward(numbers, ForwardMode.Evaluation).Outputs.ToArray(), v => Assert.NotEqual(0, v));
            Assert.All(tokens.Forward(ids, ForwardMode.Evaluation).Outputs.ToArray(), v => Assert.NotEqual(0, v));
        }

        Assert.Throws<InvalidOperationException>(() => real.Forward(new Batch(), ForwardMode.Evaluation));
    }

    [Fact]
    public void Tokens_outside_the_table_or_with_a_third_axis_are_refused()
    {
        using var network = new Network(_device, [new Embedding(4, 2), new MeanTokens()]);
        using var high = new Batch { Tokens = _device.AllocateIndices([1, 3], [0, 4, 1]) };
        using var low = new Batch { Tokens = _device.AllocateIndices([1, 3], [0, 3, -1]) };
        using var deep = new Batch { Tokens = _device.AllocateIndices([1, 3, 2]) };
        Assert.Contains("token 4 at position 1", Refusal(network, high), StringComparison.Ordinal);
        Assert.Contains("token -1 at position 2", Refusal(network, low), StringComparison.Ordinal);
        Assert.Contains("layer '0': expects tokens [batch, tokens], got [1, 3, 2]", Refusal(network, deep), StringComparison.Ordinal);
    }

    private static string Refusal(Network network, Batch batch) =>
        Assert.Throws<KernelCoreException>(() => network.Forward(batch, ForwardMode.Evaluation)).Message;
}
