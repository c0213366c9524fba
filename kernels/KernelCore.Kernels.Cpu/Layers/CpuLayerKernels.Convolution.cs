namespace KernelCore.Kernels.Cpu;

/// <content>Convolutions as matrix products of weights and patches, strip by strip in cache.</content>
internal sealed unsafe partial class CpuLayerKernels
{
    // A strip of patches of this many floats stays in the second-level cache beside the packed weights.
    private const int StripFloats = 64 * 1024;

    /// <inheritdoc/>
    public void Convolution(ConvolutionGeometry geometry, int batch, Tensor x, Tensor weight, Tensor? bias, Tensor y)
    {
        var body = new ForwardBody(new Im2Col(geometry), HostMemory.Of(x), HostMemory.Of(weight), HostMemory.Of(bias), HostMemory.Of(y));
        device.Pool.Run(batch * body.TasksPerSample, ref body);
    }

    /// <inheritdoc/>
    public void ConvolutionInputGradient(ConvolutionGeometry geometry, int batch, Tensor gy, Tensor weight, Tensor gx)
    {
        var body = new InputGradientBody(new Im2Col(geometry), HostMemory.Of(gy), HostMemory.Of(weight), HostMemory.Of(gx));
        device.Pool.Run(batch * body.TasksPerSample, ref body);
    }

    /// <summary>A task is a strip of output rows of one group of one sample.</summary>
    private readonly struct ForwardBody(Im2Col g, float* x, float* weight, float* bias, float* y) : IParallelBody
    {
        private readonly int _stripRows = g.StripRows(g.PatchSize, StripFloats);

        public int TasksPerSample => g.Groups * Parallelism.Chunks(g.OutHeight, _stripRows);

        public void Run(int task, int worker)
        {
            (int image, int strip) = Math.DivRem(task, Parallelism.Chunks(g.OutHeight, _stripRows));
            int outRow = strip * _stripRows, outRows = Math.Min(_stripRows, g.OutHeight - outRow), columns = outRows * g.OutWidth;
            int firstChannel = image % g.Groups * g.OutChannels;
            float* patches = g.GroupImage(x, image) + (outRow * g.OutWidth);
            int stride = g.Positions;
            if (!g.IsIdentity)
            {
                float* source = g.GroupImage(x, image);
                patches = Scratch.Current.Floats(ScratchSlot.Patches, (long)g.PatchSize * columns);
                stride = columns;
                g.Gather(source, 0, g.PatchSize, outRow, outRows, patches, stride);
            }

            float* result = y + ((nint)image * g.OutChannels * g.Positions) + (outRow * g.OutWidth);
            var problem = new GemmProblem(
                false, false, g.OutChannels, columns, g.PatchSize, 1, weight + ((nint)firstChannel * g.PatchSize), g.PatchSize, patches, stride, 0,
                result, g.Positions, bias == null ? null : bias + firstChannel)
            {
                RowBias = 1, ColumnBias = 0,
            };
            Gemm.Run(problem, pool: null);
        }
    }

    /// <summary>A task is some input channels of one group of one sample: nobody else adds to them.</summary>
    private readonly struct InputGradientBody(Im2Col g, float* gy, float* weight, float* gx) : IParallelBody
    {
        private const int PatchRowsPerTask = 64;

        private readonly int _channels = Math.Max(1, PatchRowsPerTask / Math.Max(1, g.Kernel));

        public int TasksPerSample => g.Groups * Parallelism.Chunks(g.Channels, _channels);

        public void Run(int task, int worker)
        {
            (int index, int part) = Math.DivRem(task, Parallelism.Chunks(g.Channels, _channels));
            int first = part * _channels, channels = Math.Min(_channels, g.Channels - first), row = first * g.Kernel, rows = channels * g.Kernel;
            float* w = weight + ((nint)(index % g.Groups) * g.OutChannels * g.PatchSize) + row;
            float* cotangent = gy + ((nint)index * g.OutChannels * g.Positions);
            float* image = g.GroupImage(gx, index);
            if (g.IsIdentity)
            {
                BlockGemm.Multiply(
                    true, false, rows, g.Plane, g.OutChannels, 1, w, g.PatchSize, cotangent, g.Plane, 0, image + ((nint)first * g.Plane), g.Plane);
                return;
            }

            new Span<float>(image + ((nint)first * g.Plane), channels * g.Plane).Clear();
            int step = g.StripRows(rows, StripFloats);
            float* patches = Scratch.Current.Floats(ScratchSlot.Patches, (long)rows * step * g.OutWidth);
            for (int outRow = 0; outRow < g.OutHeight; outRow += step)
            {
                int outRows = Math.Min(step, g.OutHeight - outRow), columns = outRows * g.OutWidth;
                BlockGemm.Multiply(
                    true, false, rows, columns, g.OutChannels, 1, w, g.PatchSize, cotangent + (outRow * g.OutWidth), g.Positions, 0, patches, columns);
                g.Scatter(patches, row, rows, outRow, outRows, image);
            }
        }
    }
}
