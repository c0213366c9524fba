using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>The Hessian of cross-entropy in logit space against the definition in double.</summary>
public abstract class CrossEntropyCurvatureConformance : ConformanceSuite
{
    public static TheoryData<int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<int, int> { { 0, 10 }, { 1031, 10 }, { 3, 1000 } };
            foreach (int classes in RowLengths)
            {
                shapes.Add(5, classes);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void MatchesTheDefinition(int batch, int classes)
    {
        batch = Rows(batch);
        using Tensor logits = Normal(1, batch, classes), r = Normal(2, batch, classes), targets = Normal(3, batch, classes), result = Device.Allocate([batch, classes]);
        Check(logits, null, r, result);
        Check(logits, targets, r, result);
    }

    [Fact]
    public void ConfidentPredictionsKeepTheirDigits()
    {
        using Tensor logits = Device.Allocate([1, 3], [40, 1, 0]), r = Device.Allocate([1, 3], [1000, 3, -2]), result = Device.Allocate([1, 3]);
        Device.Kernels.Tangents.CrossEntropyCurvature(logits, null, 1, r, result);
        double p1 = Math.Exp(-39), p2 = Math.Exp(-40);
        double[] expected = [(p1 * 997) + (p2 * 1002), -997 * p1, -1002 * p2];
        AssertNumbers.Within(expected, result.ToArray(), i => TestNumbers.Gamma(8) * Math.Abs(expected[i]), "curvature");
    }

    [Fact]
    public void NaNStaysInItsRow()
    {
        using Tensor logits = Device.Allocate([2, 2], [float.NaN, 1, 2, 3]), r = Normal(2, 2, 2), result = Device.Allocate([2, 2]);
        Device.Kernels.Tangents.CrossEntropyCurvature(logits, null, 1, r, result);
        Assert.True(float.IsNaN(result.ToArray()[0]));
        Assert.All(result.ToArray()[2..], v => Assert.True(float.IsFinite(v)));
    }

    private void Check(Tensor logits, Tensor? targets, Tensor r, Tensor result)
    {
        const float scale = 1.7f;
        int classes = logits.Shape[1], batch = logits.Shape[0];
        Device.Kernels.Tangents.CrossEntropyCurvature(logits, targets, scale, r, result);
        double[] s = DoubleArrays.Widen(logits), t = DoubleArrays.Widen(r), y = targets is null ? [] : DoubleArrays.Widen(targets);
        double[] expected = new double[s.Length], bound = new double[s.Length];
        for (int i = 0; i < batch; i++)
        {
            Range row = (i * classes)..((i + 1) * classes);
            double mass = targets is null ? 1 : y[row].Sum(), total = s[row].Sum(Math.Exp);
            CrossEntropyCurvature.Row<double>(s.AsSpan(row), mass, scale, t.AsSpan(row), expected.AsSpan(row));

            // p, the deviation of numbers below 5 from their mean, and their product; p's exponent is rounded once.
            for (int c = i * classes; c < (i + 1) * classes; c++)
            {
                bound[c] = TestNumbers.Gamma(24) * scale * Math.Abs(mass) * Math.Exp(s[c]) / total * 15;
            }
        }

        AssertNumbers.Within(expected, result.ToArray(), i => bound[i], "curvature");
    }
}
