using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions.HeadScores;

namespace KernelCore.Conformance;

/// <summary>The fused head kernel: published worked examples, the definition in double, and degenerate inputs.</summary>
public abstract class HeadScoresConformance : ConformanceSuite
{
    private static readonly float[] Weights = [1, 0, -1, 0, 2, 1, -1, 1, 0.5f];
    private static readonly float[] Bias = [0.1f, -0.2f, 0.3f];
    private static readonly float[] Inputs = [1, 2, 0, 0, -1, 1, 2, 0, 1, 0.5f, 0.5f, 0.5f];
    private static readonly int[] Labels = [1, 0, 0, 2];

    public static TheoryData<ScoreMode> Modes => [ScoreMode.Exact, ScoreMode.Reference];

    [Theory]
    [MemberData(nameof(Modes))]
    public void AlignmentAndEl2nOfFourSamples(ScoreMode mode)
    {
        float[][] scores = Linear(Weights, Bias, Inputs, Labels, mode);
        Close([0.3595852912, -0.0670438015, 0.0327523880, -0.2673037753], scores[(int)HeadQuantity.Gwa]);
        Close([0.1593550577, 0.9299751260, 0.6112120311, 0.9407513290], scores[(int)HeadQuantity.El2n]);
        Close([Math.Sqrt(5), Math.Sqrt(2), Math.Sqrt(5), Math.Sqrt(0.75)], scores[(int)HeadQuantity.InputNorm]);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void AlignmentWithTheBiasAsAWeight(ScoreMode mode)
    {
        // The bias joins the weight and a 1 joins the input: s = [W b] [z 1].
        float[] weights = [1, 0, -1, 0.1f, 0, 2, 1, -0.2f, -1, 1, 0.5f, 0.3f];
        float[] inputs = [1, 2, 0, 1, 0, -1, 1, 1, 2, 0, 1, 1, 0.5f, 0.5f, 0.5f, 1];
        Close([0.2812764954, -0.0640715430, 0.0536133904, -0.0908495382], Linear(weights, null, inputs, Labels, mode)[(int)HeadQuantity.Gwa]);
    }

    [Theory]
    [InlineData(14f, 1.4f, 0.426084, 0.0988)]
    [InlineData(100f, 10f, 0.426011, 0)]
    public void ExactModeSurvivesAConfidentSample(float z0, float z1, double exact, double reference)
    {
        float[] weights = [1, 0.2f, -0.3f, 1, -0.7f, -1.2f];
        Assert.Equal(exact, Linear(weights, null, [z0, z1], [0], ScoreMode.Exact)[(int)HeadQuantity.Gwa][0], 1e-6);
        Assert.Equal(reference, Linear(weights, null, [z0, z1], [0], ScoreMode.Reference)[(int)HeadQuantity.Gwa][0], 5e-5);
    }

    [Theory]
    [InlineData(1, 1, 3, false)]
    [InlineData(5, 2, 7, true)]
    [InlineData(0, 4, 7, true)]
    [InlineData(257, 10, 64, true)]
    [InlineData(31, 1000, 129, false)]
    [InlineData(5, 128, 16, true)]
    [InlineData(5, 129, 16, true)]
    [InlineData(3, 191, 16, true)]
    [InlineData(3, 193, 16, false)]
    public void MatchesTheDefinition(int batch, int classes, int width, bool hasBias)
    {
        batch = Rows(batch);
        foreach (float spread in (float[])[0, 1, 8, 60])
        {
            CheckAgainstTheDefinition(batch, classes, width, hasBias, spread, ScoreMode.Exact);
            CheckAgainstTheDefinition(batch, classes, width, hasBias, Math.Min(spread, 4), ScoreMode.Reference);
        }
    }

    [Fact]
    public void MatchesTheDefinitionForEveryNumberOfClasses()
    {
        foreach (int classes in RowLengths)
        {
            CheckAgainstTheDefinition(7, classes, classes, true, 3, ScoreMode.Exact);
        }
    }

    [Fact]
    public void TwoClassesInClosedForm()
    {
        // With q = (-1, 1) the alignment does not depend on the margin: -(s_1 - s_0) / (sqrt 2 |z| |W|).
        float[][] scores = Logits([1e4f, -1e4f], 2, [0], [3, 4], 2, ScoreMode.Exact);
        Close([20_000 / (Math.Sqrt(2) * 5 * 2)], scores[(int)HeadQuantity.Gwa]);
        Assert.Equal([0f], scores[(int)HeadQuantity.Loss]);
        Assert.Equal([0f], scores[(int)HeadQuantity.El2n]);
        Assert.Equal([1f], scores[(int)HeadQuantity.Confidence]);
        Assert.Equal([0f], scores[(int)HeadQuantity.Entropy]);

        scores = Logits([1e4f, -1e4f], 2, [1], [3, 4], 2, ScoreMode.Exact);
        Assert.Equal([20_000f], scores[(int)HeadQuantity.Loss]);
        Assert.Equal([-20_000f], scores[(int)HeadQuantity.Margin]);
        Close([Math.Sqrt(2)], scores[(int)HeadQuantity.El2n]);

        // Even odds: loss and entropy log 2, |p - y| = |(-1/2, 1/2)|.
        scores = Logits([7, 7], 2, [1], [3, 4], 2, ScoreMode.Exact);
        Close([Math.Log(2)], scores[(int)HeadQuantity.Loss]);
        Close([Math.Log(2)], scores[(int)HeadQuantity.Entropy]);
        Close([Math.Sqrt(0.5)], scores[(int)HeadQuantity.El2n]);
        Assert.Equal([0f], scores[(int)HeadQuantity.Gwa]);
        Assert.Equal([0f], scores[(int)HeadQuantity.Prediction]);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void OneClassIsCertain(ScoreMode mode)
    {
        float[][] scores = Logits([3.5f], 1, [0], [1, 1], 2, mode);
        Assert.Equal([0, 0, MathF.Sqrt(2), 0, float.PositiveInfinity, 0, 1, 0], scores.Select(row => row[0]));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void ZeroNormsGiveZeroAlignment(ScoreMode mode)
    {
        Assert.Equal([0f], Logits([0, 0, 0], 3, [1], [0, 0], 1, mode)[(int)HeadQuantity.Gwa]);
        Assert.Equal([0f], Logits([0, 0, 0], 3, [1], [1, 2], 0, mode)[(int)HeadQuantity.Gwa]);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void WithoutAHeadOnlyTheAlignmentIsMissing(ScoreMode mode)
    {
        float[][] scores = Logits([1, 2, 4], 3, [1], null, 1, mode);
        Assert.Equal([float.NaN], scores[(int)HeadQuantity.Gwa]);
        Assert.Equal([0f], scores[(int)HeadQuantity.InputNorm]);
        Assert.Equal([-2f], scores[(int)HeadQuantity.Margin]);
        Assert.Equal([2f], scores[(int)HeadQuantity.Prediction]);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void NaNReachesEveryScoreOfItsSampleOnly(ScoreMode mode)
    {
        for (int position = 0; position < 3; position++)
        {
            float[] logits = [1, 2, 3, 5, 1, 1];
            logits[position] = float.NaN;
            float[][] scores = Logits(logits, 3, [1, 0], [1, 2, 3, 4], 1, mode);
            for (int quantity = 0; quantity < ILossKernels.HeadQuantities; quantity++)
            {
                Assert.Equal(quantity != (int)HeadQuantity.InputNorm, float.IsNaN(scores[quantity][0]));
                Assert.True(float.IsFinite(scores[quantity][1]));
            }
        }
    }

    [Fact]
    public void TiesPredictTheFirst()
    {
        Assert.Equal([1f, 1f, 0f], Logits([0, 4, 4, 1, 4, 4, 2, 2, 2], 3, [2, 1, 2], null, 1, ScoreMode.Exact)[(int)HeadQuantity.Prediction]);
    }

    [Fact]
    public void AClassMaskedOutByMinusInfinityDoesNotMatter()
    {
        float[][] with = Logits([1, float.NegativeInfinity, 2.5f], 3, [0], [1, 2], 1, ScoreMode.Exact);
        float[][] without = Logits([1, 2.5f], 2, [0], [1, 2], 1, ScoreMode.Exact);
        foreach (HeadQuantity quantity in Enum.GetValues<HeadQuantity>().Except([HeadQuantity.Prediction]))
        {
            Close([without[(int)quantity][0]], with[(int)quantity]);
        }
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(15, 16, 17)]
    [InlineData(63, 64, 255)]
    [InlineData(3, 130, 256)]
    public void ManyClassesMaskedOutLeaveTheScoresOfTheFew(int first, int second, int third)
    {
        const int Few = 3, Many = 257;
        int[] columns = [first, second, third];
        float[] few = [1, 2, 4, 4, 1, 1, 0, 7, 7, 3, float.NaN, 2, 5, 5, 5], inputs = [1, 2, 3, 4, 5];
        int[] labels = [1, 0, 0, 2, 2];
        float[] many = new float[labels.Length * Many];
        Array.Fill(many, float.NegativeInfinity);
        for (int i = 0; i < few.Length; i++)
        {
            many[(i / Few * Many) + columns[i % Few]] = few[i];
        }

        float[][] expected = Logits(few, Few, labels, inputs, 1, ScoreMode.Exact);
        float[][] actual = Logits(many, Many, Array.ConvertAll(labels, y => columns[y]), inputs, 1, ScoreMode.Exact);
        expected[(int)HeadQuantity.Prediction] = Array.ConvertAll(expected[(int)HeadQuantity.Prediction], c => float.IsNaN(c) ? c : columns[(int)c]);
        for (int q = 0; q < ILossKernels.HeadQuantities; q++)
        {
            Close(Array.ConvertAll(expected[q], value => (double)value), actual[q]);
        }
    }

    /// <summary>
    /// Every exponential errs by 2 ulp and by the rounding of its argument, at most 104 where the result is not 0; a sum over the classes
    /// adds a rounding per class. The alignment is the one sum with terms of both signs: its error is relative to their size.
    /// </summary>
    private void CheckAgainstTheDefinition(int batch, int classes, int width, bool hasBias, float spread, ScoreMode mode)
    {
        float[] logits = Array.ConvertAll(TestNumbers.Normal(30, batch * classes), v => spread * v), z = TestNumbers.Normal(31, batch * width);
        float[]? bias = hasBias ? TestNumbers.Normal(32, classes) : null;
        int[] labels = TestNumbers.Integers(33, batch, classes);
        float[][] actual = Run(logits, classes, labels, z, bias, 1.7f, mode);
        var row = new double[ILossKernels.HeadQuantities];
        for (int i = 0; i < batch; i++)
        {
            Reference.Row<double>(
                DoubleArrays.Widen(logits.AsSpan(i * classes, classes)), labels[i], DoubleArrays.Widen(z.AsSpan(i * width, width)),
                bias is null ? [] : DoubleArrays.Widen(bias), 1.7f, mode, row);
            float[] sample = [.. actual.Select(values => values[i])];

            double relative = TestNumbers.Gamma(classes + 128), absolute = mode == ScoreMode.Reference ? 1e-6 : 1e-11;
            double own = Output(labels[i]), farthest = Enumerable.Range(0, classes).Max(c => Math.Abs(Output(c) - own));
            double size = farthest / Math.Max(row[(int)HeadQuantity.InputNorm] * 1.7f, 1e-30);
            AssertNumbers.Within(
                row, sample, q => (relative * (Math.Abs(row[q]) + (q == (int)HeadQuantity.Gwa ? size : 0))) + absolute,
                $"{mode} spread {spread} classes {classes} sample {i}");

            double Output(int c) => (double)logits[(i * classes) + c] - (bias is null ? 0 : bias[c]);
        }
    }

    private float[][] Linear(float[] weights, float[]? bias, float[] inputs, int[] labels, ScoreMode mode)
    {
        int batch = labels.Length, width = inputs.Length / batch, classes = weights.Length / width;
        var logits = new float[batch * classes];
        for (int k = 0; k < logits.Length; k++)
        {
            double sum = bias is null ? 0 : bias[k % classes];
            for (int d = 0; d < width; d++)
            {
                sum += (double)weights[(k % classes * width) + d] * inputs[(k / classes * width) + d];
            }

            logits[k] = (float)sum;
        }

        return Run(logits, classes, labels, inputs, bias, (float)Math.Sqrt(weights.Sum(w => (double)w * w)), mode);
    }

    private float[][] Logits(float[] logits, int classes, int[] labels, float[]? inputs, float weightNorm, ScoreMode mode) =>
        Run(logits, classes, labels, inputs, null, weightNorm, mode);

    private float[][] Run(float[] logits, int classes, int[] labels, float[]? inputs, float[]? bias, float weightNorm, ScoreMode mode)
    {
        int batch = labels.Length, width = inputs is null || batch == 0 ? 0 : inputs.Length / batch;
        using Tensor s = Device.Allocate([batch, classes], logits), result = Device.Allocate([ILossKernels.HeadQuantities, batch]);
        using Tensor? z = inputs is null ? null : Device.Allocate([batch, width], inputs), b = bias is null ? null : Device.Allocate([classes], bias);
        using IndexTensor y = Device.AllocateIndices([batch], labels);
        Device.Kernels.Losses.HeadScores(s, y, z, b, weightNorm, mode, result);
        float[] all = result.ToArray();
        return [.. Enumerable.Range(0, ILossKernels.HeadQuantities).Select(q => all[(q * batch)..((q + 1) * batch)])];
    }

    /// <summary>The inputs of the worked examples are rounded to float32 before the scores see them: a few units of 2^-24.</summary>
    private static void Close(double[] expected, float[] actual) =>
        AssertNumbers.Within(expected, actual, i => TestNumbers.Gamma(8) * Math.Max(1, Math.Abs(expected[i])), "score");
}
