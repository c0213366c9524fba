using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void ChannelStatistics(ChannelLayout layout, Tensor x, Tensor mean, Tensor variance)
    {
        var body = new StatisticsBody { Blocks = new ChannelBlocks(layout), X = HostMemory.Of(x), Mean = HostMemory.Of(mean), Variance = HostMemory.Of(variance) };
        RangeLoop.Run(device.Pool, body.Blocks.Count, Parallelism.Elements(body.Blocks.Elements), ref body);
    }

    public void NormalizeChannels(ChannelLayout layout, float epsilon, Tensor x, Tensor mean, Tensor variance, Tensor normalized, Tensor inverseDeviation)
    {
        Span<float> inverse = inverseDeviation.Span, deviation = variance.Span;
        for (int channel = 0; channel < layout.Channels; channel++)
        {
            inverse[channel] = (float)(1 / Math.Sqrt((double)deviation[channel] + epsilon));
        }

        Channels.Run(device.Pool, layout, new ChannelNormalization
        {
            X = HostMemory.Of(x), Mean = HostMemory.Of(mean), InverseDeviation = HostMemory.Of(inverseDeviation), Normalized = HostMemory.Of(normalized),
        });
    }

    public void NormalizeChannelsGradient(
        ChannelLayout layout, bool batchStatistics, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx)
    {
        if (!batchStatistics)
        {
            ScaleShift(layout, gn, inverseDeviation, null, gx);
            return;
        }

        var body = new ChannelGradientBody
        {
            Blocks = new ChannelBlocks(layout),
            Normalized = HostMemory.Of(normalized),
            InverseDeviation = HostMemory.Of(inverseDeviation),
            OutputGradient = HostMemory.Of(gn),
            InputGradient = HostMemory.Of(gx),
        };
        RangeLoop.Run(device.Pool, body.Blocks.Count, Parallelism.Elements(body.Blocks.Elements), ref body);
    }

    /// <summary>Channels in blocks that one task reduces: single ones, or runs of neighbours when they are contiguous.</summary>
    private readonly struct ChannelBlocks(ChannelLayout layout)
    {
        private readonly int _width = layout.Inner == 1 ? Reduction.ColumnBlock : 1;

        public ChannelLayout Layout { get; } = layout;

        public int Count => (Layout.Channels + _width - 1) / _width;

        public long Elements => (long)Layout.Outer * Layout.Inner * _width;

        /// <summary>Elements of one channel.</summary>
        public double Positions => (double)Layout.Outer * Layout.Inner;

        public int First(int block) => block * _width;

        public int Width(int block) => Math.Min(_width, Layout.Channels - First(block));
    }

    private struct StatisticsBody : IRangeBody
    {
        public ChannelBlocks Blocks;
        public float* X, Mean, Variance;

        public readonly void Run(int first, int end, int worker)
        {
            double* means = stackalloc double[Reduction.ColumnBlock];
            double* squares = stackalloc double[Reduction.ColumnBlock];
            for (int block = first; block < end; block++)
            {
                int channel = Blocks.First(block), width = Blocks.Width(block);
                Channels.Sums(Blocks.Layout, channel, width, new Value(X), means, means);
                for (int j = 0; j < width; j++)
                {
                    means[j] /= Blocks.Positions;
                    Mean[channel + j] = (float)means[j];
                }

                Channels.Sums(Blocks.Layout, channel, width, new SquaredDeviation(X), means, squares);
                for (int j = 0; j < width; j++)
                {
                    Variance[channel + j] = (float)(squares[j] / Blocks.Positions);
                }
            }
        }
    }

    private struct ChannelGradientBody : IRangeBody
    {
        public ChannelBlocks Blocks;
        public float* Normalized, InverseDeviation, OutputGradient, InputGradient;

        public readonly void Run(int first, int end, int worker)
        {
            double* sums = stackalloc double[Reduction.ColumnBlock];
            float* gradient = stackalloc float[Reduction.ColumnBlock];
            float* product = stackalloc float[Reduction.ColumnBlock];
            for (int block = first; block < end; block++)
            {
                int channel = Blocks.First(block), width = Blocks.Width(block);
                Channels.Sums(Blocks.Layout, channel, width, new Value(OutputGradient), sums, sums);
                Average(sums, gradient, width);
                Channels.Sums(Blocks.Layout, channel, width, new Product(OutputGradient, Normalized), sums, sums);
                Average(sums, product, width);
                Channels.Run(Blocks.Layout, channel, width, new ChannelNormalizationGradient
                {
                    OutputGradient = OutputGradient,
                    Normalized = Normalized,
                    InputGradient = InputGradient,
                    InverseDeviation = InverseDeviation,
                    MeanGradient = gradient - channel,
                    MeanProduct = product - channel,
                });
            }
        }

        private readonly void Average(double* sums, float* means, int width)
        {
            for (int j = 0; j < width; j++)
            {
                means[j] = (float)(sums[j] / Blocks.Positions);
            }
        }
    }

    /// <summary>xhat = (x - mean_c) r_c.</summary>
    private struct ChannelNormalization : IChannelOperation
    {
        public float* X, Mean, InverseDeviation, Normalized;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes, TAccess>(nint i, nint channel)
            where TLanes : struct, ILanes<TLanes>
            where TAccess : struct, IChannelAccess =>
            ((TLanes.Load(X + i) - TAccess.Load<TLanes>(Mean, channel)) * TAccess.Load<TLanes>(InverseDeviation, channel)).Store(Normalized + i);
    }

    /// <summary>gx = r_c (gn - mean_c(gn) - xhat mean_c(gn xhat)).</summary>
    private struct ChannelNormalizationGradient : IChannelOperation
    {
        public float* OutputGradient, Normalized, InputGradient, InverseDeviation, MeanGradient, MeanProduct;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes, TAccess>(nint i, nint channel)
            where TLanes : struct, ILanes<TLanes>
            where TAccess : struct, IChannelAccess
        {
            TLanes centred = TLanes.Load(OutputGradient + i) - TAccess.Load<TLanes>(MeanGradient, channel);
            TLanes projection = TLanes.Load(Normalized + i) * TAccess.Load<TLanes>(MeanProduct, channel);
            ((centred - projection) * TAccess.Load<TLanes>(InverseDeviation, channel)).Store(InputGradient + i);
        }
    }
}
