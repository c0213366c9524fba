using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Normalisation of contiguous segments: layer and group norm.</summary>
public abstract class SegmentNormConformance : ConformanceSuite
{
    private const float Epsilon = 1e-5f;

    public static TheoryData<int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<int, int> { { 0, 5 }, { 1, 1031 }, { 131, 257 } };
            foreach (int length in RowLengths)
            {
                shapes.Add(3, length);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void ForwardIsRoundedOnce(int segments, int length)
    {
        segments = Rows(segments);
        using Tensor x = Normal(8, segments, length), normalized = Device.Allocate(x.Shape), inverse = Device.Allocate([segments]);
        Device.Kernels.Layers.NormalizeSegments(segments, length, Epsilon, x, normalized, inverse);
        double[] expected = new double[x.Count], expectedInverse = new double[segments];
        SegmentNormalization.Forward<double>(segments, length, Epsilon, DoubleArrays.Widen(x), expected, expectedInverse);
        AssertNumbers.Within(expected, normalized.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expected[i])) + 1e-10, "normalized");
        AssertNumbers.Within(expectedInverse, inverse.ToArray(), i => 1.0001 * TestNumbers.Gamma(1) * expectedInverse[i], "inverse deviation");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradient(int segments, int length)
    {
        segments = Rows(segments);
        using Tensor x = Normal(8, segments, length), xhat = Device.Allocate(x.Shape), inverse = Device.Allocate([segments]);
        using Tensor gn = Normal(9, segments, length), gx = Device.Allocate(x.Shape);
        Device.Kernels.Layers.NormalizeSegments(segments, length, Epsilon, x, xhat, inverse);
        Device.Kernels.Layers.NormalizeSegmentsGradient(segments, length, xhat, inverse, gn, gx);
        double[] expected = new double[x.Count], wideHat = DoubleArrays.Widen(xhat), wideGradient = DoubleArrays.Widen(gn), wideInverse = DoubleArrays.Widen(inverse);
        SegmentNormalization.Gradient<double>(segments, length, wideHat, wideInverse, wideGradient, expected);

        // |mean(gn)| <= max |gn| <= 5; |mean(gn xhat)| <= max |gn| because the mean of xhat^2 is at most 1.
        AssertNumbers.Within(expected, gx.ToArray(), i => TestNumbers.Gamma(5) * wideInverse[i / length] * (10 + (5 * Math.Abs(wideHat[i]))), "gx");

        Device.Kernels.Layers.NormalizeSegmentsGradient(segments, length, xhat, inverse, gn, gn);
        Assert.Equal(gx.ToArray(), gn.ToArray());
    }

    [Fact]
    public void ALargeMeanCostsNoDigits()
    {
        float[] values = Array.ConvertAll(TestNumbers.Normal(10, 96), v => 10_000 + v);
        using Tensor x = Device.Allocate([1, 96], values), normalized = Device.Allocate([1, 96]), inverse = Device.Allocate([1]);
        Device.Kernels.Layers.NormalizeSegments(1, 96, Epsilon, x, normalized, inverse);
        double[] expected = new double[96], expectedInverse = new double[1];
        SegmentNormalization.Forward<double>(1, 96, Epsilon, DoubleArrays.Widen(values), expected, expectedInverse);
        AssertNumbers.Within(expected, normalized.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expected[i])) + 1e-10, "normalized");
    }

    [Fact]
    public void AConstantSegmentIsZeroAndNaNStaysInItsSegment()
    {
        using Tensor x = Device.Allocate([3, 2], [7, 7, 1, float.NaN, 1, 3]), normalized = Device.Allocate([3, 2]), inverse = Device.Allocate([3]);
        Device.Kernels.Layers.NormalizeSegments(3, 2, 0.25f, x, normalized, inverse);
        Assert.Equal([0, 0, float.NaN, float.NaN, (float)(-1 / Math.Sqrt(1.25)), (float)(1 / Math.Sqrt(1.25))], normalized.ToArray());
        Assert.Equal(2f, inverse.ToArray()[0]);
    }
}
