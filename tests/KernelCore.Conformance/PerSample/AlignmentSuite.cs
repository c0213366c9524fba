using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary><see cref="IPerSampleKernels.Alignment"/> by every formula that a layer admits.</summary>
public abstract class AlignmentSuite : PerSampleSuite
{
    private const ulong BiasStream = 700;

    [Theory]
    [MemberData(nameof(Layers))]
    public void Agrees_with_the_definitions(string name, int batch)
    {
        LayerCapture use = Build(name, batch);
        foreach (NormFormula formula in Formulas([use]))
        {
            // Without the output a dot can come from the formed gradient alone; the output of the case is no product with W.
            LayerCapture seen = formula == NormFormula.Direct ? use with { Output = null } : use;
            var weights = new CaptureMath([seen], ParameterRole.Weight);
            var biases = new CaptureMath([seen], ParameterRole.Bias);
            using Tensor weight = Direction(weights);
            Results actual = Run(seen, formula, weight);
            AssertNorms(weights, formula, actual.WeightNorms, $"{name}, {formula}");
            AssertNorms(biases, NormFormula.Direct, actual.BiasNorms, $"bias of {name}, {formula}");
            AssertDots(biases, Doubles(use.Bias!), actual.BiasDots, $"bias of {name}, {formula}");
            if (seen.Output is null)
            {
                AssertDots(weights, Doubles(weight), actual.WeightDots, $"{name}, {formula}");
                continue;
            }

            var expected = new double[batch];
            var absolute = new double[batch];
            AddProducts(use, use.Bias!.ToArray(), expected, absolute);
            AssertNumbers.Within(expected, actual.WeightDots, i => weights.DotError * absolute[i], $"{name}, {formula}");
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Leaves_the_gradients_that_materialising_gives(string name, int batch)
    {
        LayerCapture use = Build(name, batch);
        int count = (int)use.WeightShape.Count, channels = use.Layout.Channels;
        using Tensor weight = Device.Allocate(use.WeightShape), weights = Garbage(batch, count), biases = Garbage(batch, channels);
        using Tensor expectedWeights = Garbage(batch, count), expectedBiases = Garbage(batch, channels);
        Kernels.Materialise([use], ParameterRole.Weight, expectedWeights);
        Kernels.Materialise([use], ParameterRole.Bias, expectedBiases);
        Kernels.Alignment(use, NormFormula.Direct, weight, new LayerAlignment { WeightGradients = weights, BiasGradients = biases });
        Assert.Equal(expectedWeights.ToArray(), weights.ToArray());
        Assert.Equal(expectedBiases.ToArray(), biases.ToArray());
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("linear on sequences, primes")]
    [InlineData("linear on vectors of several tiles")]
    [InlineData("grouped convolution")]
    [InlineData("layer norm")]
    public void Computes_only_what_is_asked_for_and_the_same(string name)
    {
        const int Batch = 4;
        LayerCapture use = Build(name, Batch);
        using Tensor weight = Direction(new CaptureMath([use], ParameterRole.Weight)), result = Garbage(Batch);
        foreach (NormFormula formula in Formulas([use]))
        {
            Results all = Run(use, formula, weight);
            Kernels.Alignment(use with { Output = null, Bias = null }, formula, weight, new LayerAlignment { WeightNorms = result });
            Assert.Equal(all.WeightNorms, result.ToArray());
            Kernels.Alignment(use, formula, weight, new LayerAlignment { WeightDots = result });
            Assert.Equal(all.WeightDots, result.ToArray());
            Kernels.Alignment(use with { Output = null, Bias = null }, formula, weight, new LayerAlignment { BiasNorms = result });
            Assert.Equal(all.BiasNorms, result.ToArray());
            Kernels.Alignment(use with { Output = null }, formula, weight, new LayerAlignment { BiasDots = result });
            Assert.Equal(all.BiasDots, result.ToArray());
        }
    }

    [Theory]
    [InlineData("linear on vectors")]
    [InlineData("linear on sequences, primes")]
    [InlineData("convolution 3 x 3")]
    [InlineData("group norm")]
    public void Nan_stays_in_its_sample(string name)
    {
        const int Batch = 5, Bad = 2;
        LayerCapture clean = Build(name, Batch), dirty = Build(name, Batch);
        Poison([dirty], Bad);
        using Tensor weight = Direction(new CaptureMath([clean], ParameterRole.Weight));
        foreach (NormFormula formula in Formulas([clean]))
        {
            Results expected = Run(clean, formula, weight), actual = Run(dirty, formula, weight);
            foreach ((float[] before, float[] after) in expected.All.Zip(actual.All))
            {
                before[Bad] = float.NaN;
                Assert.Equal(before, after);
            }
        }
    }

    [Theory]
    [InlineData("lookup", NormFormula.Direct)]
    [InlineData("broadcast", NormFormula.Direct)]
    [InlineData("convolution 3 x 3", NormFormula.RankOne)]
    [InlineData("layer norm", NormFormula.Gram)]
    public void Refuses_what_it_has_no_formula_for(string name, NormFormula formula)
    {
        LayerCapture use = CaptureCases.Build(Device, name, 2)[0];
        using Tensor weight = Device.Allocate(use.WeightShape), result = Garbage(2);
        var error = Assert.Throws<ArgumentException>(() => Kernels.Alignment(use, formula, weight, new LayerAlignment { WeightNorms = result }));
        Assert.Contains(use.Layer, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_what_a_capture_lacks()
    {
        LayerCapture use = Build("linear on vectors", 2);
        using Tensor weight = Device.Allocate(use.WeightShape), result = Garbage(2);
        var output = Assert.Throws<ArgumentException>(() => Kernels.Alignment(
            use with { Output = null }, NormFormula.RankOne, weight, new LayerAlignment { WeightDots = result }));
        Assert.Contains(nameof(LayerCapture.Output), output.Message, StringComparison.Ordinal);
        var bias = Assert.Throws<ArgumentException>(() => Kernels.Alignment(
            use with { Bias = null }, NormFormula.RankOne, weight, new LayerAlignment { BiasDots = result }));
        Assert.Contains(nameof(LayerCapture.Bias), bias.Message, StringComparison.Ordinal);
        using Tensor gradients = Garbage(2, (int)use.WeightShape.Count);
        var formula = Assert.Throws<ArgumentException>(() => Kernels.Alignment(
            use, NormFormula.RankOne, weight, new LayerAlignment { WeightGradients = gradients }));
        Assert.Contains(nameof(NormFormula.RankOne), formula.Message, StringComparison.Ordinal);
    }

    private static void AssertNorms(CaptureMath math, NormFormula formula, float[] actual, string what) => AssertNumbers.Within(
        math.PerSample(i => CaptureMath.Dot(math.Gradient(i), math.Gradient(i))), actual,
        i => math.NormError(formula) * CaptureMath.Dot(math.AbsoluteGradient(i), math.AbsoluteGradient(i)), what);

    private static void AssertDots(CaptureMath math, double[] direction, float[] actual, string what)
    {
        double[] absolute = [.. direction.Select(Math.Abs)];
        AssertNumbers.Within(
            math.PerSample(i => CaptureMath.Dot(math.Gradient(i), direction)), actual,
            i => math.DotError * CaptureMath.Dot(math.AbsoluteGradient(i), absolute), what);
    }

    private LayerCapture Build(string name, int batch)
    {
        LayerCapture use = CaptureCases.Build(Device, name, batch)[0];
        return use with { Bias = Normal(BiasStream, use.Layout.Channels) };
    }

    private Results Run(LayerCapture use, NormFormula formula, Tensor weight)
    {
        using Tensor weightNorms = Garbage(use.Batch), weightDots = Garbage(use.Batch), biasNorms = Garbage(use.Batch), biasDots = Garbage(use.Batch);
        Kernels.Alignment(use, formula, weight, new LayerAlignment
        {
            WeightNorms = weightNorms, WeightDots = weightDots, BiasNorms = biasNorms, BiasDots = biasDots,
        });
        return new Results(weightNorms.ToArray(), weightDots.ToArray(), biasNorms.ToArray(), biasDots.ToArray());
    }

    private sealed record Results(float[] WeightNorms, float[] WeightDots, float[] BiasNorms, float[] BiasDots)
    {
        public IEnumerable<float[]> All => [WeightNorms, WeightDots, BiasNorms, BiasDots];
    }
}
