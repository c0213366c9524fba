using KernelCore.Kernels;
using Reference = KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Softmax cross-entropy with hard and soft labels, and squared error.</summary>
public abstract class CrossEntropyConformance : ConformanceSuite
{
    private const float Scale = 0.37f;

    public static TheoryData<int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<int, int> { { 0, 10 }, { 1, 1 }, { 129, 257 }, { 67, 1000 } };
            foreach (int classes in RowLengths)
            {
                shapes.Add(3, classes);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void HardLabels(int batch, int classes)
    {
        batch = Rows(batch);
        using Tensor logits = Normal(20, batch, classes), loss = Device.Allocate([batch]), cotangent = Device.Allocate([batch, classes]);
        using IndexTensor labels = Device.AllocateIndices([batch], TestNumbers.Integers(21, batch, classes));
        Device.Kernels.Losses.CrossEntropy(logits, labels, Scale, loss, cotangent);
        double[] targets = OneHot(labels.ToArray(), classes);
        Check(logits, targets, loss, cotangent);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SoftLabels(int batch, int classes)
    {
        batch = Rows(batch);
        using Tensor logits = Normal(20, batch, classes), loss = Device.Allocate([batch]), cotangent = Device.Allocate([batch, classes]);
        using Tensor targets = Device.Allocate([batch, classes], Array.ConvertAll(TestNumbers.Normal(22, batch * classes), Math.Abs));
        Device.Kernels.Losses.CrossEntropy(logits, targets, Scale, loss, cotangent);
        Check(logits, DoubleArrays.Widen(targets), loss, cotangent);
    }

    [Fact]
    public void AConfidentSampleKeepsItsLossAndGradient()
    {
        // p - 1 and log p would both round to 0 here: loss = log(1 + e^-30), cotangent = (-e^-30, e^-30) to first order.
        using Tensor logits = Device.Allocate([1, 2], [30, 0]), loss = Device.Allocate([1]), cotangent = Device.Allocate([1, 2]);
        using IndexTensor labels = Device.AllocateIndices([1], [0]);
        Device.Kernels.Losses.CrossEntropy(logits, labels, 1, loss, cotangent);
        double tiny = Math.Exp(-30);
        AssertNumbers.Within([tiny], loss.ToArray(), _ => TestNumbers.Gamma(8) * tiny, "loss");
        AssertNumbers.Within([-tiny, tiny], cotangent.ToArray(), _ => TestNumbers.Gamma(8) * tiny, "cotangent");
    }

    [Fact]
    public void ExtremeLogitsStayFinite()
    {
        using Tensor logits = Device.Allocate([2, 3], [1e4f, -1e4f, 0, 1e4f, -1e4f, 0]), loss = Device.Allocate([2]), cotangent = Device.Allocate([2, 3]);
        using IndexTensor labels = Device.AllocateIndices([2], [0, 1]);
        Device.Kernels.Losses.CrossEntropy(logits, labels, 1, loss, cotangent);
        Assert.Equal([0f, 20_000f], loss.ToArray());
        Assert.Equal([0f, 0f, 0f, 1f, -1f, 0f], cotangent.ToArray());

        using Tensor targets = Device.Allocate([2, 3], [1, 0, 0, 0, 1, 0]);
        Device.Kernels.Losses.CrossEntropy(logits, targets, 1, loss, cotangent);
        Assert.Equal([0f, 20_000f], loss.ToArray());
        Assert.Equal([0f, 0f, 0f, 1f, -1f, 0f], cotangent.ToArray());
    }

    [Fact]
    public void NaNStaysInItsSampleAndMaskedClassesAreIgnored()
    {
        float none = float.NegativeInfinity;
        using Tensor logits = Device.Allocate([3, 3], [float.NaN, 1, 2, 0, 0, none, 1, 2, float.NaN]), loss = Device.Allocate([3]), cotangent = Device.Allocate([3, 3]);
        using Tensor targets = Device.Allocate([3, 3], [0, 1, 0, 1, 0, 0, 0, 1, 0]);
        using IndexTensor labels = Device.AllocateIndices([3], [1, 0, 1]);
        for (int soft = 0; soft < 2; soft++)
        {
            if (soft == 0)
            {
                Device.Kernels.Losses.CrossEntropy(logits, labels, 1, loss, cotangent);
            }
            else
            {
                Device.Kernels.Losses.CrossEntropy(logits, targets, 1, loss, cotangent);
            }

            float[] losses = loss.ToArray(), gradients = cotangent.ToArray();
            Assert.True(float.IsNaN(losses[0]) && float.IsNaN(losses[2]));
            Assert.All(gradients[..3], value => Assert.True(float.IsNaN(value)));
            Assert.All(gradients[6..], value => Assert.True(float.IsNaN(value)));
            Assert.Equal(Math.Log(2), losses[1], 6);
            Assert.Equal([-0.5f, 0.5f, 0f], gradients[3..6]);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void SquaredError(int batch, int width)
    {
        batch = Rows(batch);
        using Tensor outputs = Normal(23, batch, width), targets = Normal(24, batch, width), loss = Device.Allocate([batch]), cotangent = Device.Allocate([batch, width]);
        Device.Kernels.Losses.SquaredError(outputs, targets, Scale, loss, cotangent);
        double[] s = DoubleArrays.Widen(outputs), t = DoubleArrays.Widen(targets), expected = new double[s.Length], expectedLoss = new double[batch];
        for (int i = 0; i < batch; i++)
        {
            int start = i * width;
            expectedLoss[i] = Reference.SquaredError.Row<double>(s.AsSpan(start, width), t.AsSpan(start, width), Scale, expected.AsSpan(start, width));
        }

        AssertNumbers.Within(expectedLoss, loss.ToArray(), i => TestNumbers.Gamma(2) * expectedLoss[i], "loss");
        AssertNumbers.Within(expected, cotangent.ToArray(), i => TestNumbers.Gamma(3) * Math.Abs(expected[i]), "cotangent");
    }

    /// <summary>
    /// The exponentials carry 2 ulp and the rounding of the shifted logit, at most 12 here; sums are in double. A loss
    /// is a sum of terms y_c (logsumexp - s_c) &gt;= 0, so its error is relative to itself plus that of log p times the mass.
    /// </summary>
    private static void Check(Tensor logits, double[] targets, Tensor loss, Tensor cotangent)
    {
        int classes = logits.Shape[-1], batch = (int)loss.Count;
        double[] s = DoubleArrays.Widen(logits), expected = new double[s.Length], expectedLoss = new double[batch];
        for (int i = 0; i < batch; i++)
        {
            int start = i * classes;
            expectedLoss[i] = Reference.CrossEntropy.Row<double>(s.AsSpan(start, classes), targets.AsSpan(start, classes), Scale, expected.AsSpan(start, classes));
        }

        double exponential = TestNumbers.Gamma(4 + 12);
        AssertNumbers.Within(expectedLoss, loss.ToArray(), i => (TestNumbers.Gamma(2) * expectedLoss[i]) + (exponential * Mass(i)), "loss");
        AssertNumbers.Within(
            expected, cotangent.ToArray(), i => Scale * ((2 * exponential * Mass(i / classes)) + (TestNumbers.Gamma(3) * targets[i])), "cotangent");
        double Mass(int i) => targets.AsSpan(i * classes, classes).ToArray().Sum();
    }

    private static double[] OneHot(int[] labels, int classes)
    {
        var targets = new double[labels.Length * classes];
        for (int i = 0; i < labels.Length; i++)
        {
            targets[(i * classes) + labels[i]] = 1;
        }

        return targets;
    }
}
