using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void Mean(ChannelLayout layout, Tensor x, Tensor y)
    {
        var body = new MeanBody { Layout = layout, X = HostMemory.Of(x), Y = HostMemory.Of(y) };
        RangeLoop.Run(device.Pool, layout.Outer * body.Blocks, Parallelism.Elements((long)layout.Channels * Math.Min(layout.Inner, Reduction.ColumnBlock)), ref body);
    }

    public void MeanGradient(ChannelLayout layout, Tensor gy, Tensor gx)
    {
        var body = new MeanGradientBody { Layout = layout, OutputGradient = HostMemory.Of(gy), InputGradient = HostMemory.Of(gx) };
        RangeLoop.Run(device.Pool, layout.Outer, Parallelism.Elements((long)layout.Channels * layout.Inner), ref body);
    }

    /// <summary>Index = (outer, block of inner columns). Contiguous channels are summed along, others column by column.</summary>
    private struct MeanBody : IRangeBody
    {
        public ChannelLayout Layout;
        public float* X, Y;

        public readonly int Blocks => Parallelism.Chunks(Layout.Inner, Reduction.ColumnBlock);

        public readonly void Run(int first, int end, int worker)
        {
            double* sums = stackalloc double[Reduction.ColumnBlock];
            for (int i = first; i < end; i++)
            {
                int outer = i / Blocks, column = i % Blocks * Reduction.ColumnBlock;
                int width = Math.Min(Reduction.ColumnBlock, Layout.Inner - column);
                nint start = (nint)outer * Layout.Channels * Layout.Inner;
                float* y = Y + ((nint)outer * Layout.Inner) + column;
                if (Layout.Inner == 1)
                {
                    sums[0] = Reduction.Sum(start, Layout.Channels, new Value(X));
                }
                else
                {
                    Reduction.Columns(Layout.Channels, Layout.Inner, column, width, new Value(X + start), sums, sums);
                }

                for (int j = 0; j < width; j++)
                {
                    y[j] = (float)(sums[j] / Layout.Channels);
                }
            }
        }
    }

    private struct MeanGradientBody : IRangeBody
    {
        public ChannelLayout Layout;
        public float* OutputGradient, InputGradient;

        public readonly void Run(int first, int end, int worker)
        {
            for (int outer = first; outer < end; outer++)
            {
                float* gy = OutputGradient + ((nint)outer * Layout.Inner);
                float* gx = InputGradient + ((nint)outer * Layout.Channels * Layout.Inner);
                if (Layout.Inner == 1)
                {
                    new Span<float>(gx, Layout.Channels).Fill(gy[0] / Layout.Channels);
                    continue;
                }

                for (int channel = 0; channel < Layout.Channels; channel++)
                {
                    Elementwise.Run(0, Layout.Inner, new Quotient { X = gy, Y = gx + ((nint)channel * Layout.Inner), Divisor = Layout.Channels });
                }
            }
        }
    }

    private struct Quotient : IElementwise
    {
        public float* X, Y;
        public float Divisor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes> => (TLanes.Load(X + i) / TLanes.Broadcast(Divisor)).Store(Y + i);
    }
}
