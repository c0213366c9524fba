namespace KernelCore.Kernels.Cpu;

/// <content>Convolutions as matrix products of weights and patches, strip by strip in cache.</content>
internal sealed unsafe partial class CpuLayerKernels
{
    /// <inheritdoc/>
    public void Convolution(ConvolutionGeometry geometry, int batch, Tensor x, Tensor weight, Tensor? bias, Tensor y)
    {
        fixed (float* px = x.Span, pw = weight.Span, py = y.Span, pbias = bias is null ? default : bias.Span)
        {
            var body = new ForwardBody(geometry, px, pw, pbias, py);
            device.Pool.Run(batch * body.TasksPerSample, ref body);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void ConvolutionInputGradient(ConvolutionGeometry geometry, int batch, Tensor gy, Tensor weight, Tensor gx)
    {
        fixed (float* pgy = gy.Span, pw = weight.Span, pgx = gx.Span)
        {
            var body = new InputGradientBody(geometry, pgy, pw, pgx);
            device.Pool.Run(batch * body.TasksPerSample, ref body);
        }

        GC.KeepAlive(gy);
        GC.KeepAlive(weight);
        GC.KeepAlive(gx);
    }

    // A strip of patches of this many floats stays in the second-level cache beside the packed weights.
    private const int StripFloats = 64 * 1024;

    private static int StripRows(ConvolutionGeometry geometry, int patchRows) =>
        (int)Math.Clamp(StripFloats / Math.Max(1L, (long)patchRows * geometry.OutWidth), 1, Math.Max(1, geometry.OutHeight));

    /// <summary>A task is a strip of output rows of one group of one sample.</summary>
    private readonly struct ForwardBody(ConvolutionGeometry g, float* x, float* weight, float* bias, float* y) : IParallelBody
    {
        private readonly int _stripRows = StripRows(g, g.PatchSize);

        public int TasksPerSample => g.Groups * Parallelism.Chunks(g.OutHeight, _stripRows);

        public void Run(int task, int worker)
        {
            int strips = Parallelism.Chunks(g.OutHeight, _stripRows);
            int outRow = task % strips * _stripRows, group = task / strips % g.Groups, sample = task / strips / g.Groups;
            int outRows = Math.Min(_stripRows, g.OutHeight - outRow), columns = outRows * g.OutWidth;
            int channels = g.OutChannelsPerGroup, firstChannel = group * channels;
            float* image = x + ((nint)sample * g.InputSize) + ((nint)group * (g.InChannels / g.Groups) * g.Height * g.Width);
            float* result = y + ((nint)sample * g.OutputSize) + ((nint)firstChannel * g.Positions) + ((nint)outRow * g.OutWidth);
            float* patches = image + ((nint)outRow * g.OutWidth);
            int stride = g.Positions;
            if (!Im2Col.IsIdentity(g))
            {
                patches = Scratch.Current.Floats(ScratchSlot.Patches, (long)g.PatchSize * columns);
                stride = columns;
                Im2Col.Gather(g, image, 0, g.PatchSize, outRow, outRows, patches);
            }

            for (int c = 0; bias != null && c < channels; c++)
            {
                new Span<float>(result + ((nint)c * g.Positions), columns).Fill(bias[firstChannel + c]);
            }

            BlockGemm.Multiply(
                false, false, channels, columns, g.PatchSize, 1, weight + ((nint)firstChannel * g.PatchSize), g.PatchSize, patches, stride,
                bias == null ? 0 : 1, result, g.Positions);
        }
    }

    /// <summary>A task is some input channels of one group of one sample: nobody else adds to them.</summary>
    private readonly struct InputGradientBody(ConvolutionGeometry g, float* gy, float* weight, float* gx) : IParallelBody
    {
        private const int PatchRowsPerTask = 64;

        private readonly int _channels = Math.Max(1, PatchRowsPerTask / Math.Max(1, g.KernelHeight * g.KernelWidth));

        public int TasksPerSample => g.Groups * Parallelism.Chunks(g.InChannels / g.Groups, _channels);

        public void Run(int task, int worker)
        {
            int groupChannels = g.InChannels / g.Groups, parts = Parallelism.Chunks(groupChannels, _channels);
            int first = task % parts * _channels, group = task / parts % g.Groups, sample = task / parts / g.Groups;
            int channels = Math.Min(_channels, groupChannels - first), kernel = g.KernelHeight * g.KernelWidth;
            int row = first * kernel, rows = channels * kernel, plane = g.Height * g.Width;
            int firstOut = group * g.OutChannelsPerGroup;
            float* w = weight + ((nint)firstOut * g.PatchSize) + row;
            float* cotangent = gy + ((nint)sample * g.OutputSize) + ((nint)firstOut * g.Positions);
            float* image = gx + ((nint)sample * g.InputSize) + ((nint)group * groupChannels * plane);
            if (Im2Col.IsIdentity(g))
            {
                BlockGemm.Multiply(
                    true, false, rows, plane, g.OutChannelsPerGroup, 1, w, g.PatchSize, cotangent, plane, 0, image + ((nint)first * plane), plane);
                return;
            }

            for (int c = first; c < first + channels; c++)
            {
                new Span<float>(image + ((nint)c * plane), plane).Clear();
            }

            int step = StripRows(g, rows);
            float* patches = Scratch.Current.Floats(ScratchSlot.Patches, (long)rows * step * g.OutWidth);
            for (int outRow = 0; outRow < g.OutHeight; outRow += step)
            {
                int outRows = Math.Min(step, g.OutHeight - outRow), columns = outRows * g.OutWidth;
                BlockGemm.Multiply(
                    true, false, rows, columns, g.OutChannelsPerGroup, 1, w, g.PatchSize, cotangent + ((nint)outRow * g.OutWidth), g.Positions,
                    0, patches, columns);
                Im2Col.Scatter(g, patches, row, rows, outRow, outRows, image);
            }
        }
    }
}
