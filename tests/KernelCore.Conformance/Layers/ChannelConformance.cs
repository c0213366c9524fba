using KernelCore.Kernels;
using KernelCore.Kernels.Definitions;

namespace KernelCore.Conformance;

/// <summary>Operations along a channel axis: mean, statistics, normalisation, scale and shift.</summary>
public abstract class ChannelConformance : ConformanceSuite
{
    private const float Epsilon = 1e-5f;

    /// <summary>outer, channels, inner.</summary>
    public static TheoryData<int, int, int> Layouts
    {
        get
        {
            var layouts = new TheoryData<int, int, int>
            {
                { 1, 1, 1 }, { 0, 5, 3 }, { 2, 3, 1 }, { 5, 64, 1 }, { 3, 63, 1 }, { 7, 67, 1 }, { 131, 257, 1 }, { 3, 260, 1 }, { 3, 5, 49 }, { 2, 131, 17 }, { 5, 3, 3137 },
            };
            for (int n = 2; n <= 35; n++)
            {
                layouts.Add(3, 2, n);
                layouts.Add(3, n, 1);
            }

            return layouts;
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Mean(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor x = Normal(5, outer, channels, inner), y = Device.Allocate([outer, inner]);
        Device.Kernels.Layers.Mean(layout, x, y);
        var expected = new double[y.Count];
        ChannelMean.Forward<double>(layout, DoubleArrays.Widen(x), expected);
        AssertNumbers.Within(expected, y.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expected[i])) + 1e-14, "mean");

        using Tensor gy = Normal(6, outer, inner), gx = Device.Allocate(x.Shape);
        Device.Kernels.Layers.MeanGradient(layout, gy, gx);
        var gradient = new float[gx.Count];
        ChannelMean.Gradient<float>(layout, gy.ToArray(), gradient);
        Assert.Equal(gradient, gx.ToArray());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void StatisticsAreRoundedOnce(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor x = Normal(5, outer, channels, inner), mean = Device.Allocate([channels]), variance = Device.Allocate([channels]);
        Device.Kernels.Layers.ChannelStatistics(layout, x, mean, variance);
        double[] expectedMean = new double[channels], expectedVariance = new double[channels];
        ChannelNormalization.Statistics<double>(layout, DoubleArrays.Widen(x), expectedMean, expectedVariance);
        if (layout.Count == 0)
        {
            Assert.All(mean.ToArray(), value => Assert.True(float.IsNaN(value)));
            return;
        }

        AssertNumbers.Within(expectedMean, mean.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expectedMean[i])) + 1e-13, "mean");
        AssertNumbers.Within(expectedVariance, variance.ToArray(), i => (TestNumbers.Gamma(1) * expectedVariance[i]) + 1e-13, "variance");
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Normalization(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor x = Normal(5, outer, channels, inner), mean = Normal(6, channels), variance = Normal(7, channels);
        using Tensor normalized = Device.Allocate(x.Shape), inverse = Device.Allocate([channels]);
        variance.CopyFrom(Array.ConvertAll(variance.ToArray(), v => v * v));
        Device.Kernels.Layers.NormalizeChannels(layout, Epsilon, x, mean, variance, normalized, inverse);

        double[] expected = new double[x.Count], expectedInverse = new double[channels];
        ChannelNormalization.Forward<double>(
            layout, Epsilon, DoubleArrays.Widen(x), DoubleArrays.Widen(mean), DoubleArrays.Widen(variance), expected, expectedInverse);
        AssertNumbers.Within(expectedInverse, inverse.ToArray(), i => TestNumbers.Gamma(1) * expectedInverse[i], "inverse deviation");
        AssertNumbers.Within(expected, normalized.ToArray(), i => TestNumbers.Gamma(3) * Math.Abs(expected[i]), "normalized");
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void NormalizationGradient(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor xhat = Normal(5, outer, channels, inner), gn = Normal(6, outer, channels, inner), gx = Device.Allocate(xhat.Shape);
        using Tensor inverse = Device.Allocate([channels], Array.ConvertAll(TestNumbers.Normal(7, channels), Math.Abs));
        double[] expected = new double[xhat.Count], wideHat = DoubleArrays.Widen(xhat), wideGradient = DoubleArrays.Widen(gn), wideInverse = DoubleArrays.Widen(inverse);
        foreach (bool batchStatistics in (bool[])[false, true])
        {
            ChannelNormalization.Gradient<double>(layout, batchStatistics, wideHat, wideInverse, wideGradient, expected);
            Device.Kernels.Layers.NormalizeChannelsGradient(layout, batchStatistics, xhat, inverse, gn, gx);

            // The means of gn and of gn xhat are below the largest |gn| and |gn xhat|, at most 5 and 25 here.
            AssertNumbers.Within(expected, gx.ToArray(), i => TestNumbers.Gamma(5) * wideInverse[i / inner % channels] * (10 + (25 * Math.Abs(wideHat[i]))), "gx");
        }

        Device.Kernels.Layers.NormalizeChannelsGradient(layout, true, xhat, inverse, gn, gn);
        Assert.Equal(gx.ToArray(), gn.ToArray());
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void ScaleAndShift(int outer, int channels, int inner)
    {
        var layout = new ChannelLayout(outer, channels, inner);
        using Tensor x = Normal(5, outer, channels, inner), y = Device.Allocate(x.Shape), gamma = Normal(6, channels), beta = Normal(7, channels);
        foreach ((Tensor? g, Tensor? b) in ((Tensor?, Tensor?)[])[(gamma, beta), (gamma, null), (null, beta), (null, null)])
        {
            var expected = new double[x.Count];
            double[] values = DoubleArrays.Widen(x), scales = g is null ? [] : DoubleArrays.Widen(g), shifts = b is null ? [] : DoubleArrays.Widen(b);
            Kernels.Definitions.ScaleShift.Forward<double>(layout, values, scales, shifts, expected);
            Device.Kernels.Layers.ScaleShift(layout, x, g, b, y);
            AssertNumbers.Within(expected, y.ToArray(), i => TestNumbers.Gamma(2) * (Math.Abs(expected[i]) + Math.Abs(expected[i] - Shift(i))), "y");
            double Shift(int i) => shifts.Length == 0 ? 0 : shifts[i / inner % channels];
        }

        Device.Kernels.Layers.ScaleShift(layout, x, gamma, beta, y);
        Device.Kernels.Layers.ScaleShift(layout, x, gamma, beta, x);
        Assert.Equal(y.ToArray(), x.ToArray());
    }

    [Fact]
    public void NaNStaysInItsChannel()
    {
        using Tensor x = Normal(5, 2, 3, 5), mean = Device.Allocate([3]), variance = Device.Allocate([3]);
        x.View(7, [1]).Fill(float.NaN);
        Device.Kernels.Layers.ChannelStatistics(new ChannelLayout(2, 3, 5), x, mean, variance);
        Assert.Equal([false, true, false], Array.ConvertAll(mean.ToArray(), float.IsNaN));
        Assert.Equal([false, true, false], Array.ConvertAll(variance.ToArray(), float.IsNaN));
    }
}
