using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>What every backend's <see cref="ILayerKernels.Convolution"/> and its input gradient must satisfy.</summary>
public abstract class ConvolutionConformance : ConformanceSuite
{
    public static TheoryData<string, ConvolutionGeometry> Geometries => new()
    {
        { "3x3 same", Square(channels: 3, outChannels: 8, size: 9, kernel: 3, pad: 1) },
        { "5x5 valid", Square(channels: 1, outChannels: 6, size: 28, kernel: 5) },
        { "1x1", Square(channels: 7, outChannels: 5, size: 6, kernel: 1) },
        { "1x1 stride 2", Square(channels: 4, outChannels: 3, size: 7, kernel: 1, stride: 2) },
        { "1x1 padded", Square(channels: 2, outChannels: 3, size: 4, kernel: 1, pad: 1) },
        { "1x1 grouped", Square(channels: 6, outChannels: 4, size: 5, kernel: 1, groups: 2) },
        { "stride 2", Square(channels: 3, outChannels: 4, size: 11, kernel: 3, pad: 1, stride: 2) },
        { "stride 3 leaves a rest", Square(channels: 2, outChannels: 4, size: 12, kernel: 2, stride: 3) },
        { "dilation 2", Square(channels: 2, outChannels: 3, size: 10, kernel: 3, pad: 2, dilation: 2) },
        { "groups", Square(channels: 6, outChannels: 9, size: 7, kernel: 3, pad: 1, groups: 3) },
        { "depthwise", Square(channels: 5, outChannels: 5, size: 8, kernel: 3, pad: 1, groups: 5) },
        { "depthwise, two per channel", Square(channels: 4, outChannels: 8, size: 6, kernel: 3, stride: 2, groups: 4) },
        { "kernel as large as the image", Square(channels: 2, outChannels: 3, size: 4, kernel: 4) },
        { "padding wider than the image", Square(channels: 1, outChannels: 2, size: 2, kernel: 3, pad: 4) },
        { "one pixel", Square(channels: 3, outChannels: 2, size: 1, kernel: 3, pad: 1) },
        { "several strips and channel blocks", Square(channels: 20, outChannels: 13, size: 33, kernel: 3, pad: 1) },
        { "many channels", Square(channels: 70, outChannels: 33, size: 5, kernel: 3, pad: 1) },
        { "1-D", new ConvolutionGeometry(3, 4, 1, 1, 17, 1, 5, 1, 2, 0, 2, 1, 1, 1, 9) },
        { "all different", new ConvolutionGeometry(4, 6, 2, 9, 14, 3, 2, 2, 3, 1, 0, 1, 2, 4, 4) },
        { "padding below and right only", new ConvolutionGeometry(2, 3, 1, 5, 6, 2, 2, 1, 1, 0, 0, 1, 1, 5, 6) },
    };

    [Theory]
    [MemberData(nameof(Geometries))]
    public void Forward(string name, ConvolutionGeometry geometry)
    {
        foreach (int batch in (int[])[0, 1, 3])
        {
            CheckForward(name, geometry, batch, withBias: false);
            CheckForward(name, geometry, batch, withBias: true);
        }
    }

    [Theory]
    [MemberData(nameof(Geometries))]
    public void InputGradient(string name, ConvolutionGeometry geometry)
    {
        foreach (int batch in (int[])[0, 1, 3])
        {
            float[] gy = TestNumbers.Normal(1, batch * geometry.OutputSize), weight = Weight(geometry);
            using Tensor gyTensor = Device.Allocate([gy.Length], gy), weightTensor = Device.Allocate([weight.Length], weight);
            using Tensor gx = Device.Allocate([batch * geometry.InputSize]);
            gx.Fill(float.NaN);

            Device.Kernels.Layers.ConvolutionInputGradient(geometry, batch, gyTensor, weightTensor, gx);

            double[] Oracle(Func<double, double> map)
            {
                var result = new double[gx.Count];
                Kernels.Definitions.Convolution.InputGradient<double>(geometry, batch, Map(gy, map), Map(weight, map), result);
                return result;
            }

            double[] magnitude = Oracle(Math.Abs);
            double gamma = TestNumbers.Gamma((geometry.OutChannelsPerGroup * geometry.KernelHeight * geometry.KernelWidth) + 6);
            AssertNumbers.Within(Oracle(v => v), gx.ToArray(), i => gamma * magnitude[i], $"{name}, batch {batch}, gx");
        }
    }

    [Fact]
    public void OnesCountTheTapsInsideTheImage()
    {
        ConvolutionGeometry geometry = Square(channels: 1, outChannels: 1, size: 3, kernel: 3, pad: 1);
        using Tensor x = Device.Allocate([9]), weight = Device.Allocate([9]), y = Device.Allocate([9]);
        x.Fill(1);
        weight.Fill(1);
        Device.Kernels.Layers.Convolution(geometry, 1, x, weight, null, y);
        Assert.Equal([4, 6, 4, 6, 9, 6, 4, 6, 4], y.ToArray());
        Device.Kernels.Layers.ConvolutionInputGradient(geometry, 1, x, weight, y);
        Assert.Equal([4, 6, 4, 6, 9, 6, 4, 6, 4], y.ToArray());
    }

    [Fact]
    public void NaNReachesTheOutputsThatSeeItAndNoOthers()
    {
        ConvolutionGeometry geometry = Square(channels: 2, outChannels: 2, size: 6, kernel: 3, pad: 1, groups: 2);
        float[] image = TestNumbers.Normal(1, 2 * geometry.InputSize);
        image[geometry.InputSize + 36 + 6 + 1] = float.NaN;
        using Tensor x = Device.Allocate([image.Length], image), weight = Device.Allocate([18], TestNumbers.Normal(2, 18));
        using Tensor y = Device.Allocate([2 * geometry.OutputSize]);
        Device.Kernels.Layers.Convolution(geometry, 2, x, weight, null, y);
        float[] values = y.ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            int row = i % 36 / 6, column = i % 6;
            Assert.Equal(i >= 108 && row <= 2 && column <= 2, float.IsNaN(values[i]));
        }
    }

    private void CheckForward(string name, ConvolutionGeometry geometry, int batch, bool withBias)
    {
        float[] x = TestNumbers.Normal(1, batch * geometry.InputSize), weight = Weight(geometry);
        float[] bias = withBias ? TestNumbers.Normal(3, geometry.OutChannels) : [];
        using Tensor xTensor = Device.Allocate([x.Length], x), weightTensor = Device.Allocate([weight.Length], weight);
        using Tensor? biasTensor = withBias ? Device.Allocate([bias.Length], bias) : null;
        using Tensor y = Device.Allocate([batch * geometry.OutputSize]);
        y.Fill(float.NaN);

        Device.Kernels.Layers.Convolution(geometry, batch, xTensor, weightTensor, biasTensor, y);

        double[] Oracle(Func<double, double> map)
        {
            var result = new double[y.Count];
            Kernels.Definitions.Convolution.Forward<double>(geometry, batch, Map(x, map), Map(weight, map), Map(bias, map), result);
            return result;
        }

        double[] magnitude = Oracle(Math.Abs);
        double gamma = TestNumbers.Gamma(geometry.PatchSize + (geometry.PatchSize / 64) + 6);
        AssertNumbers.Within(Oracle(v => v), y.ToArray(), i => gamma * magnitude[i], $"{name}, batch {batch}, y");
    }

    private static float[] Weight(ConvolutionGeometry geometry) => TestNumbers.Normal(2, geometry.OutChannels * geometry.PatchSize);

    private static double[] Map(float[] values, Func<double, double> map) => Array.ConvertAll(values, v => map(v));

    private static ConvolutionGeometry Square(
        int channels, int outChannels, int size, int kernel, int pad = 0, int stride = 1, int dilation = 1, int groups = 1)
    {
        int outSize = ((size + (2 * pad) - (dilation * (kernel - 1)) - 1) / stride) + 1;
        return new(
            channels, outChannels, groups, size, size, kernel, kernel, stride, stride, pad, pad, dilation, dilation, outSize, outSize);
    }
}
