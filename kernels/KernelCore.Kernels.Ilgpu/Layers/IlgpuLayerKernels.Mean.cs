using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Mean(ChannelLayout layout, Tensor x, Tensor y)
    {
        int means = layout.Outer * layout.Inner;
        var body = new ChannelMean { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Channels = layout.Channels, Inner = layout.Inner };
        if (layout.Inner == 1)
        {
            device.ForEachRow(means, body);
        }
        else
        {
            // Neighbouring means read neighbours in memory.
            device.ForEach(means, body);
        }
    }

    public void MeanGradient(ChannelLayout layout, Tensor gy, Tensor gx) => device.ForEach(layout.Count, new ChannelMeanGradient
    {
        OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Channels = layout.Channels, Inner = layout.Inner,
    });

    /// <summary>By a thread (element) or by a warp (row) for each mean, in double.</summary>
    internal struct ChannelMean : IElement, IRow
    {
        public ArrayView<float> X, Y;
        public int Channels, Inner;

        public readonly void At(int i) => Y[i] = (float)(Sum(i, 0, 1) / Channels);

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            double sum = TWarp.Sum(Sum(row, TWarp.Lane, TWarp.Width));
            if (TWarp.Lane == 0)
            {
                Y[row] = (float)(sum / Channels);
            }
        }

        private readonly double Sum(int i, int first, int step)
        {
            int start = (i / Inner * Channels * Inner) + (i % Inner);
            double sum = 0;
            for (int channel = first; channel < Channels; channel += step)
            {
                sum += X[start + (channel * Inner)];
            }

            return sum;
        }
    }

    internal struct ChannelMeanGradient : IElement
    {
        public ArrayView<float> OutputGradient, InputGradient;
        public int Channels, Inner;

        public readonly void At(int i) => InputGradient[i] = OutputGradient[(i / (Channels * Inner) * Inner) + (i % Inner)] / Channels;
    }
}
