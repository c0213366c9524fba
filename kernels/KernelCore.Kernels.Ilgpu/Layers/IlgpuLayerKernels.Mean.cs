using ILGPU;

namespace KernelCore.Kernels.Ilgpu;

internal sealed partial class IlgpuLayerKernels
{
    public void Mean(ChannelLayout layout, Tensor x, Tensor y) => device.ForEachRow(layout.Outer * layout.Inner, new ChannelMean
    {
        X = DeviceMemory.Of(x), Y = DeviceMemory.Of(y), Channels = layout.Channels, Inner = layout.Inner,
    });

    public void MeanGradient(ChannelLayout layout, Tensor gy, Tensor gx) => device.ForEach(layout.Count, new ChannelMeanGradient
    {
        OutputGradient = DeviceMemory.Of(gy), InputGradient = DeviceMemory.Of(gx), Channels = layout.Channels, Inner = layout.Inner,
    });

    internal struct ChannelMean : IRow
    {
        public ArrayView<float> X, Y;
        public int Channels, Inner;

        public readonly void At<TWarp>(int row)
            where TWarp : struct, IWarp
        {
            int start = (row / Inner * Channels * Inner) + (row % Inner);
            double sum = 0;
            for (int channel = Warp.LaneIdx; channel < Channels; channel += Warp.WarpSize)
            {
                sum += X[start + (channel * Inner)];
            }

            sum = TWarp.Sum(sum);
            if (Warp.LaneIdx == 0)
            {
                Y[row] = (float)(sum / Channels);
            }
        }
    }

    internal struct ChannelMeanGradient : IElement
    {
        public ArrayView<float> OutputGradient, InputGradient;
        public int Channels, Inner;

        public readonly void At(int i) => InputGradient[i] = OutputGradient[(i / (Channels * Inner) * Inner) + (i % Inner)] / Channels;
    }
}
