using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Mean(ChannelLayout layout, Tensor x, Tensor y)
    {
        int means = layout.Outer * layout.Inner;
        var body = new ChannelMean { X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Channels = layout.Channels, Inner = new(layout.Inner), Rows = new RowLayout(layout.Channels, DeviceMemory.AreAligned(x)) };
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
        OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Channels = layout.Channels, Inner = new(layout.Inner), Size = new(layout.Channels * layout.Inner),
    });

    /// <summary>By a thread (element) for each mean, or by a warp (row) where its terms are neighbours; in double.</summary>
    internal struct ChannelMean : IElement, IRow
    {
        public ArrayView<float> X, Y;
        public int Channels;
        public Divisor Inner;
        public RowLayout Rows;

        public readonly void At(int i)
        {
            int outer = Inner.Quotient(i), start = (outer * Channels * Inner.Value) + Inner.Remainder(i, outer);
            double sum = 0;
            for (int channel = 0; channel < Channels; channel++)
            {
                sum += X[start + (channel * Inner.Value)];
            }

            Y[i] = (float)(sum / Channels);
        }

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            double sum = TWarp.Sum(Rows.Row<TWarp>(row).Sum(new ValueSum { X = X }).Total);
            if (TWarp.Lane == 0)
            {
                Y[row] = (float)(sum / Channels);
            }
        }
    }

    internal struct ChannelMeanGradient : IElement
    {
        public ArrayView<float> OutputGradient, InputGradient;
        public int Channels;

        /// <summary>Elements of the axes behind the outer one.</summary>
        public Divisor Inner, Size;

        public readonly void At(int i) => InputGradient[i] = OutputGradient[(Size.Quotient(i) * Inner.Value) + Inner.Remainder(i)] / Channels;
    }
}
