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
        AssertGram(rows, columns, gram, old: 0, name);

        gram.Fill(0.5f);
        Kernels.Gram(left, right, role, accumulate: true, gram);
        AssertGram(rows, columns, gram, old: 0.5, name + ", accumulated");
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public void Of_one_set_is_exactly_symmetric(string name, ParameterRole role, int batch)
    {
        int samples = batch * 15;
        LayerCapture[] uses = CaptureCases.Build(Device, name, samples);
        using Tensor gram = Garbage(samples, samples);
        Kernels.Gram(uses, uses, role, accumulate: false, gram);
        Kernels.Gram(uses, uses, role, accumulate: true, gram);
        float[] values = gram.ToArray();
        for (int i = 0; i < samples; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.Equal(values[(i * samples) + j], values[(j * samples) + i]);
            }
        }

        if (samples > 0 && samples * CaptureCases.Specs(name)[0].WeightShape.Count < 100_000)
        {
            gram.CopyFrom([.. values.Select(value => value / 2)]);
            var math = new CaptureMath(uses, role);
            AssertGram(math, math, gram, old: 0, name);
        }
    }

    private static void AssertGram(CaptureMath rows, CaptureMath columns, Tensor gram, double old, string name)
    {
        int width = columns.Batch;
        var expected = new double[rows.Batch * width];
        var absolute = new double[expected.Length];
        for (int k = 0; k < expected.Length; k++)
        {
            expected[k] = old + CaptureMath.Dot(rows.Gradient(k / width), columns.Gradient(k % width));
            absolute[k] = old + CaptureMath.Dot(rows.AbsoluteGradient(k / width), columns.AbsoluteGradient(k % width));
        }

        AssertNumbers.Within(expected, gram.ToArray(), k => rows.GramError * absolute[k], name);
    }
}
