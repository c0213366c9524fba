using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Tangents of segment normalisation and of scale and shift.</summary>
public abstract class NormalizationTangentConformance : ConformanceSuite
{
    public static TheoryData<int, int> Segments
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

    public static TheoryData<int, int, int> Layouts => new() { { 0, 3, 5 }, { 2, 1, 1 }, { 3, 17, 1 }, { 2, 5, 33 }, { 1, 3, 16 }, { 131, 67, 1 }, { 5, 7, 1031 } };

    [Theory]
    [MemberData(nameof(Segments))]
    public void SegmentNorm(int segments, int length)
    {
        segments = Rows(segments);
        using Tensor x = Normal(8, segments, length), xhat = Device.Allocate(x.Shape), inverse = Device.Allocate([segments]), rx = Normal(9, segments, length);
        using Tensor gn = Normal(10, segments, length), rgn = Normal(11, segments, length), rhat = Device.Allocate(x.Shape), rgx = Device.Allocate(x.Shape);
        using Tensor projection = Device.Allocate([segments]);
        ITangentKernels kernels = Device.Kernels.Tangents;
        Device.Kernels.Layers.NormalizeSegments(segments, length, 1e-2f, x, xhat, inverse);
        kernels.NormalizeSegments(segments, length, xhat, inverse, rx, rhat, projection);
        kernels.NormalizeSegmentsGradient(segments, length, xhat, inverse, rhat, projection, gn, rgn, rgx);

        double[] hat = DoubleArrays.Widen(xhat), r = DoubleArrays.Widen(inverse), expectedHat = new double[hat.Length], expectedProjection = new double[segments];
        SegmentNormalizationTangent.Forward<double>(segments, length, hat, r, DoubleArrays.Widen(rx), expectedHat, expectedProjection);

        // |mean(rx)| <= max |rx| <= 5; |q| <= 5 because the mean of xhat^2 is at most 1.
        AssertNumbers.Within(expectedHat, rhat.ToArray(), i => TestNumbers.Gamma(5) * r[i / length] * (10 + (5 * Math.Abs(hat[i]))), "rxhat");
        AssertNumbers.Within(expectedProjection, projection.ToArray(), i => 5 * TestNumbers.Gamma(1), "projection");

        double[] wideHat = DoubleArrays.Widen(rhat), q = DoubleArrays.Widen(projection), expected = new double[hat.Length];
        SegmentNormalizationTangent.Gradient<double>(segments, length, hat, r, wideHat, q, DoubleArrays.Widen(gn), DoubleArrays.Widen(rgn), expected);
        double largest = wideHat.Select(Math.Abs).DefaultIfEmpty().Max();
        AssertNumbers.Within(expected, rgx.ToArray(), Bound, "rgx");

        kernels.NormalizeSegmentsGradient(segments, length, xhat, inverse, rhat, projection, gn, rgn, rgn);
        Assert.Equal(rgx.ToArray(), rgn.ToArray());

        double Bound(int i)
        {
            double factor = r[i / length], h = Math.Abs(hat[i]);
            return TestNumbers.Gamma(10) * factor * (10 + (5 * Math.Abs(wideHat[i])) + (h * (5 + (5 * largest))) + (factor * Math.Abs(q[i / length]) * (10 + (5 * h))));
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void ScaleAndShift(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor x = Normal(1, layout.Count), rx = Normal(2, layout.Count), gamma = Normal(3, channels), rgamma = Normal(4, channels), rbeta = Normal(5, channels);
        using Tensor ry = Device.Allocate([layout.Count]);
        Check(rx, rgamma, rbeta);
        Check(null, rgamma, rbeta);
        Check(rx, null, null);
        Check(null, null, rbeta);

        void Check(Tensor? input, Tensor? scale, Tensor? shift)
        {
            ry.Fill(float.NaN);
            Device.Kernels.Tangents.ScaleShift(layout, x, input, gamma, scale, shift, ry);
            var expected = new double[layout.Count];
            ScaleShiftTangent.Forward<double>(layout, DoubleArrays.Widen(x), Wide(input), DoubleArrays.Widen(gamma), Wide(scale), Wide(shift), expected);

            // Two products of numbers below 5, and a sum of three terms.
            AssertNumbers.Within(expected, ry.ToArray(), _ => TestNumbers.Gamma(4) * 55, "ry");
        }

        static double[] Wide(Tensor? tensor) => tensor is null ? [] : DoubleArrays.Widen(tensor);
    }
}
