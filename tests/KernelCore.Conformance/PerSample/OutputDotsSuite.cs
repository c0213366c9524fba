using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.OutputDots"/>.</summary>
public abstract class OutputDotsSuite : PerSampleSuite
{
    private const ulong BiasStream = 700;

    /// <summary>Cases whose outputs are linear in the weight, and batches.</summary>
    public static TheoryData<string, int> LinearOutputs
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string name in CaptureCases.Names.Where(name => CaptureCases.Specs(name).All(use => use.HasLinearOutput)))
            {
                data.Add(name, 0);
                data.Add(name, 1);
                data.Add(name, 5);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(LinearOutputs))]
    public void Is_the_sum_of_backprop_times_output_less_bias(string name, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        for (int u = 0; u < uses.Length; u++)
        {
            uses[u] = uses[u] with { Bias = uses[u].Kind == CaptureKind.Lookup ? null : Normal(BiasStream + (ulong)u, uses[u].Layout.Channels) };
        }

        using Tensor result = Garbage(batch);
        Kernels.OutputDots(uses, result);
        var expected = new double[batch];
        var absolute = new double[batch];
        foreach (LayerCapture use in uses)
        {
            AddProducts(use, use.Bias?.ToArray(), expected, absolute);
        }

        double error = TestNumbers.Gamma(80);
        AssertNumbers.Within(expected, result.ToArray(), i => error * absolute[i], name);
    }

    [Theory]
    [InlineData("linear on sequences, primes")]
    [InlineData("grouped convolution")]
    [InlineData("convolution with stride and dilation")]
    [InlineData("lookup with padding")]
    [InlineData("same linear twice")]
    [InlineData("tied lookup with padding and linear")]
    [InlineData("norm with channels in the middle")]
    public void Is_the_dot_with_the_weight_when_outputs_come_from_it(string name)
    {
        const int Batch = 3;
        LayerCapture[] uses = CaptureCases.Build(Device, name, Batch);
        var math = new CaptureMath(uses, ParameterRole.Weight);
        using Tensor weight = Direction(math), result = Garbage(Batch);
        double[] w = Doubles(weight), absolute = [.. w.Select(Math.Abs)];
        foreach (LayerCapture use in uses)
        {
            SetOutput(use, w);
        }

        Kernels.OutputDots(uses, result);
        AssertNumbers.Within(
            math.PerSample(i => CaptureMath.Dot(math.Gradient(i), w)), result.ToArray(),
            i => math.DotError * CaptureMath.Dot(math.AbsoluteGradient(i), absolute), name);
    }

    [Fact]
    public void Refuses_layers_whose_output_is_missing_or_not_linear_in_the_weight()
    {
        LayerCapture[] uses = CaptureCases.Build(Device, "broadcast", 2);
        using Tensor result = Garbage(2);
        var error = Assert.Throws<ArgumentException>(() => Kernels.OutputDots(uses, result));
        Assert.Contains(uses[0].Layer, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The output by duality: its element o is the dot of the weight with the gradient of a backprop that is one at o.</summary>
    private static void SetOutput(LayerCapture use, double[] weight)
    {
        float[] backprop = use.Backprop.ToArray(), output = use.Output!.ToArray();
        int size = use.Layout.Count;
        for (int o = 0; o < size; o++)
        {
            var unit = new float[backprop.Length];
            for (int k = o; k < unit.Length; k += size)
            {
                unit[k] = 1;
            }

            use.Backprop.CopyFrom(unit);
            double[] jacobian = PerSampleGradient.Materialise<double>([use], ParameterRole.Weight);
            for (int i = 0; i < use.Batch; i++)
            {
                output[(i * size) + o] = (float)CaptureMath.Dot(jacobian.AsSpan(i * weight.Length, weight.Length), weight);
            }
        }

        use.Backprop.CopyFrom(backprop);
        use.Output.CopyFrom(output);
    }
}
