using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.Gram"/>.</summary>
public abstract class GramSuite : PerSampleSuite
{
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        int others = batch + 2;
        LayerCapture[] left = CaptureCases.Build(Device, name, batch), right = CaptureCases.Build(Device, name, others, stream: 2);
        var rows = new CaptureMath(left, role);
        var columns = new CaptureMath(right, role);
        using Tensor gram = Garbage(batch, others);
        Kernels.Gram(left, right, role, accumulate: false, gram);
        AssertGram(gram, old: 0, name, (rows, columns));

        gram.Fill(0.5f);
        Kernels.Gram(left, right, role, accumulate: true, gram);
        AssertGram(gram, old: 0.5, name + ", accumulated", (rows, columns));
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Of_one_set_is_exactly_symmetric(string name, ParameterRole role, int batch)
    {
        // More than a tile has: 64 on a GPU, 16 on the emulator, whose threads are the host's.
        int samples = batch * (Device.Kind == DeviceKind.Emulator ? 5 : 15);
        LayerCapture[] uses = CaptureCases.Build(Device, name, samples);
        using Tensor gram = Garbage(samples, samples);
        Kernels.Gram(uses, uses, role, accumulate: false, gram);
        Kernels.Gram(uses, uses, role, accumulate: true, gram);
        float[] values = AssertSymmetric(gram, samples);
        if (samples > 0 && samples * CaptureCases.Specs(name)[0].WeightShape.Count < 100_000)
        {
            gram.CopyFrom([.. values.Select(value => value / 2)]);
            var math = new CaptureMath(uses, role);
            AssertGram(gram, old: 0, name, (math, math));
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Of_a_layer_adds_its_weight_and_its_bias(string name, int batch)
    {
        LayerCapture[] left = CaptureCases.Build(Device, name, batch), right = CaptureCases.Build(Device, name, batch + 2, stream: 2);
        var weights = (new CaptureMath(left, ParameterRole.Weight), new CaptureMath(right, ParameterRole.Weight));
        var biases = (new CaptureMath(left, ParameterRole.Bias), new CaptureMath(right, ParameterRole.Bias));
        using Tensor gram = Garbage(batch, batch + 2);
        Kernels.LayerGram(left, right, accumulate: false, gram);
        AssertGram(gram, old: 0, name, weights, biases);

        gram.Fill(0.5f);
        Kernels.LayerGram(left, right, accumulate: true, gram);
        AssertGram(gram, old: 0.5, name + ", accumulated", weights, biases);
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("linear on vectors of several tiles")]
    [InlineData("linear on sequences, primes")]
    [InlineData("convolution 3 x 3")]
    public void Of_a_layer_and_one_set_is_exactly_symmetric(string name)
    {
        const int Samples = 70;
        LayerCapture[] uses = CaptureCases.Build(Device, name, Samples);
        using Tensor gram = Garbage(Samples, Samples);
        Kernels.LayerGram(uses, uses, accumulate: false, gram);
        AssertSymmetric(gram, Samples);
    }

    private static float[] AssertSymmetric(Tensor gram, int samples)
    {
        float[] values = gram.ToArray();
        for (int i = 0; i < samples; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.Equal(values[(i * samples) + j], values[(j * samples) + i]);
            }
        }

        return values;
    }

    private static void AssertGram(Tensor gram, double old, string name, params ReadOnlySpan<(CaptureMath Rows, CaptureMath Columns)> parameters)
    {
        int width = parameters[0].Columns.Batch;
        var expected = new double[gram.Count];
        var tolerance = new double[gram.Count];
        for (int k = 0; k < expected.Length; k++)
        {
            expected[k] = old;
            foreach ((CaptureMath rows, CaptureMath columns) in parameters)
            {
                expected[k] += CaptureMath.Dot(rows.Gradient(k / width), columns.Gradient(k % width));
                tolerance[k] += rows.GramError * (old + CaptureMath.Dot(rows.AbsoluteGradient(k / width), columns.AbsoluteGradient(k % width)));
            }
        }

        AssertNumbers.Within(expected, gram.ToArray(), k => tolerance[k], name);
    }
}
