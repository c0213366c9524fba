using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void ChannelStatistics(ChannelLayout layout, Tensor x, Tensor mean, Tensor variance) => device.ForEachRow(KernelShapes.ChannelStatistics(layout), new Statistics
    {
        X = DeviceMemory.Of(x), Mean = DeviceMemory.Of(mean), Variance = DeviceMemory.Of(variance), Layout = new ChannelWalk(layout),
    });

    public void NormalizeChannels(ChannelLayout layout, float epsilon, Tensor x, Tensor mean, Tensor variance, Tensor normalized, Tensor inverseDeviation)
    {
        ArrayView<float> inverse = DeviceMemory.Of(inverseDeviation);
        device.ForEach(layout.Channels, new Inverse { Variance = DeviceMemory.Of(variance), InverseDeviation = inverse, Epsilon = epsilon });
        device.ForEach(KernelShapes.Standardize(layout), new Standardize
        {
            X = DeviceMemory.Of(x), Mean = DeviceMemory.Of(mean), InverseDeviation = inverse, Normalized = DeviceMemory.Of(normalized),
            Channels = new ChannelAxis(layout),
        });
    }

    public void NormalizeChannelsGradient(ChannelLayout layout, bool batchStatistics, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx)
    {
        if (!batchStatistics)
        {
            ScaleShift(layout, gn, inverseDeviation, null, gx);
            return;
        }

        using Tensor means = device.Scratch([2, layout.Channels]);
        ArrayView<float> g = DeviceMemory.Of(gn), xhat = DeviceMemory.Of(normalized), view = DeviceMemory.Of(means);
        device.ForEachRow(layout.Channels, new GradientMeans { OutputGradient = g, Normalized = xhat, Means = view, Layout = new ChannelWalk(layout) });
        device.ForEach(layout.Count, new ChannelNormGradient
        {
            OutputGradient = g, Normalized = xhat, InverseDeviation = DeviceMemory.Of(inverseDeviation), Means = view, InputGradient = DeviceMemory.Of(gx),
            Channels = new ChannelAxis(layout),
        });
    }

    internal struct Statistics : IRow
    {
        public ArrayView<float> X, Mean, Variance;
        public ChannelWalk Layout;

        public readonly void At<TWarp>(int channel)
            where TWarp : struct, IWarp
        {
            double sum = 0;
            for (int i = TWarp.Lane; i < Layout.Positions; i += TWarp.Width)
            {
                sum += X[Layout.Index(channel, i)];
            }

            double mean = TWarp.Sum(sum) / Layout.Positions, squares = 0;
            for (int i = TWarp.Lane; i < Layout.Positions; i += TWarp.Width)
            {
                double deviation = X[Layout.Index(channel, i)] - mean;
                squares += deviation * deviation;
            }

            squares = TWarp.Sum(squares);
            if (TWarp.Lane == 0)
            {
                Mean[channel] = (float)mean;
                Variance[channel] = (float)(squares / Layout.Positions);
            }
        }
    }

    internal struct Inverse : IElement
    {
        public ArrayView<float> Variance, InverseDeviation;
        public float Epsilon;

        public readonly void At(int channel) => InverseDeviation[channel] = (float)(1 / Math.Sqrt((double)Variance[channel] + Epsilon));
    }

    internal struct Standardize : IElement
    {
        public ArrayView<float> X, Mean, InverseDeviation, Normalized;
        public ChannelAxis Channels;

        public readonly void At(int i)
        {
            int channel = Channels.Of(i);
            Normalized[i] = (X[i] - Mean[channel]) * InverseDeviation[channel];
        }
    }

    /// <summary>Means of gn and of gn xhat over each channel.</summary>
    internal struct GradientMeans : IRow
    {
        public ArrayView<float> OutputGradient, Normalized, Means;
        public ChannelWalk Layout;

        public readonly void At<TWarp>(int channel)
            where TWarp : struct, IWarp
        {
            double sum = 0, product = 0;
            for (int i = TWarp.Lane; i < Layout.Positions; i += TWarp.Width)
            {
                int k = Layout.Index(channel, i);
                double g = OutputGradient[k];
                sum += g;
                product += g * Normalized[k];
            }

            sum = TWarp.Sum(sum);
            product = TWarp.Sum(product);
            if (TWarp.Lane == 0)
            {
                Means[channel] = (float)(sum / Layout.Positions);
                Means[Layout.Channels.Value + channel] = (float)(product / Layout.Positions);
            }
        }
    }

    /// <summary>gx = r_c (gn - mean_c(gn) - xhat mean_c(gn xhat)).</summary>
    internal struct ChannelNormGradient : IElement
    {
        public ArrayView<float> OutputGradient, Normalized, InverseDeviation, Means, InputGradient;
        public ChannelAxis Channels;

        public readonly void At(int i)
        {
            int channel = Channels.Of(i);
            InputGradient[i] = InverseDeviation[channel] * (OutputGradient[i] - Means[channel] - (Normalized[i] * Means[Channels.Channels.Value + channel]));
        }
    }
}
