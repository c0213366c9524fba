using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.SquaredNorms"/> by every formula that a parameter admits.</summary>
public abstract class SquaredNormsSuite : PerSampleSuite
{
    [Theory]
    [MemberData(nameof(Parameters))]
    public void Agrees_with_the_definition(string name, ParameterRole role, int batch)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, batch);
        var math = new CaptureMath(uses, role);
        double[] expected = math.PerSample(i => CaptureMath.Dot(math.Gradient(i), math.Gradient(i)));
        double[] absolute = math.PerSample(i => CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(i)));
        foreach (NormFormula formula in Formulas(uses))
        {
            using Tensor result = Garbage(batch);
            Kernels.SquaredNorms(uses, role, formula, result);
            AssertNumbers.Within(expected, result.ToArray(), i => math.NormError(formula) * absolute[i], $"{name}, {formula}");
        }
    }

    [Theory]
    [InlineData("linear on sequences, primes")]
    [InlineData("linear on vectors")]
    [InlineData("linear on long sequences")]
    [InlineData("convolution 3 x 3")]
    [InlineData("grouped convolution")]
    [InlineData("lookup with padding")]
    [InlineData("tied lookup and linear")]
    [InlineData("group norm")]
    [InlineData("broadcast")]
    public void Nan_stays_in_its_sample(string name)
    {
        const int Batch = 5, Bad = 2;
        LayerCapture[] clean = CaptureCases.Build(Device, name, Batch), dirty = CaptureCases.Build(Device, name, Batch);
        Poison(dirty, Bad);

        foreach (NormFormula formula in Formulas(clean))
        {
            using Tensor expected = Garbage(Batch), actual = Garbage(Batch);
            Kernels.SquaredNorms(clean, ParameterRole.Weight, formula, expected);
            Kernels.SquaredNorms(dirty, ParameterRole.Weight, formula, actual);
            float[] norms = expected.ToArray();
            norms[Bad] = float.NaN;
            Assert.Equal(norms, actual.ToArray());
        }
    }

    [Fact]
    public void A_gradient_that_cancels_has_a_norm_near_zero_and_never_below()
    {
        const int Batch = 3, P = 37, D = 41;
        LayerCapture use = CaptureSpec.Linear(2, P, D).Build(Device, Batch, 5);
        float[] a = use.Activation!.ToArray(), g = use.Backprop.ToArray();
        for (int i = 0; i < Batch; i++)
        {
            for (int c = 0; c < D; c++)
            {
                a[(i * 2 * D) + D + c] = a[(i * 2 * D) + c];
            }

            for (int r = 0; r < P; r++)
            {
                g[(i * 2 * P) + P + r] = -g[(i * 2 * P) + r];
            }
        }

        use.Activation.CopyFrom(a);
        use.Backprop.CopyFrom(g);
        var math = new CaptureMath([use], ParameterRole.Weight);
        foreach (NormFormula formula in Formulas([use]))
        {
            using Tensor result = Garbage(Batch);
            Kernels.SquaredNorms([use], ParameterRole.Weight, formula, result);
            float[] norms = result.ToArray();
            for (int i = 0; i < Batch; i++)
            {
                double absolute = CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(i));
                Assert.InRange(norms[i], 0, math.NormError(formula) * absolute);
            }
        }
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("linear on sequences, primes")]
    [InlineData("convolution 3 x 3")]
    public void Tiny_gradients_keep_their_relative_precision(string name)
    {
        const int Batch = 4;
        LayerCapture[] uses = CaptureCases.Build(Device, name, Batch);
        uses[0].Backprop.CopyFrom([.. uses[0].Backprop.ToArray().Select(value => value * 1e-13f)]);
        var math = new CaptureMath(uses, ParameterRole.Weight);
        double[] expected = math.PerSample(i => CaptureMath.Dot(math.Gradient(i), math.Gradient(i)));
        double[] absolute = math.PerSample(i => CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(i)));
        foreach (NormFormula formula in Formulas(uses))
        {
            using Tensor result = Garbage(Batch);
            Kernels.SquaredNorms(uses, ParameterRole.Weight, formula, result);
            AssertNumbers.Within(expected, result.ToArray(), i => math.NormError(formula) * absolute[i], $"{name}, {formula}");
        }
    }

    [Theory]
    [InlineData("linear on sequences, primes", NormFormula.RankOne)]
    [InlineData("convolution 3 x 3", NormFormula.RankOne)]
    [InlineData("same linear twice", NormFormula.Gram)]
    [InlineData("same linear on vectors twice", NormFormula.RankOne)]
    [InlineData("tied lookup and linear", NormFormula.Gram)]
    [InlineData("layer norm", NormFormula.Gram)]
    [InlineData("broadcast", NormFormula.Gram)]
    public void Refuses_a_formula_that_does_not_apply(string name, NormFormula formula)
    {
        LayerCapture[] uses = CaptureCases.Build(Device, name, 2);
        using Tensor result = Garbage(2);
        var error = Assert.Throws<ArgumentException>(() => Kernels.SquaredNorms(uses, ParameterRole.Weight, formula, result));
        Assert.Contains(uses[0].Layer, error.Message, StringComparison.Ordinal);
    }
}
