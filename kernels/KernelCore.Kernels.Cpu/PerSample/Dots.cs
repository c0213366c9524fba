namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>
    /// The dot is linear in the uses, so each adds on its own. Linear: sum_t g_t.(V a_t), the rows of A V^T by blocks of
    /// positions of the whole batch; lookup: the rows of V that occur; others: tiles of the gradient against tiles of V.
    /// </remarks>
    public void Dots(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor direction, Tensor result)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        float* v = HostMemory.Of(direction);
        double* totals = Totals(gradient.Batch);
        for (int u = 0; u < uses.Length; u++)
        {
            ParameterGradient use = gradient.Use(u);
            if (use.IsSingle(CaptureKind.Linear))
            {
                LinearDots(use, v, totals);
            }
            else if (use.IsSingle(CaptureKind.Lookup))
            {
                var body = new LookupDotsBody(use, v, totals);
                RangeLoop.Run(device.Pool, use.Batch, 2.0 * use[0].BackpropSize, ref body);
            }
            else
            {
                TileReduction.Run(device, use, v, totals);
            }
        }

        Store(totals, gradient.Batch, result);
    }

    private void LinearDots(in ParameterGradient gradient, float* direction, double* totals)
    {
        int rows = checked(gradient.Batch * gradient[0].Positions);
        int across = Parallelism.Chunks(gradient.Rows, LinearDotsBody.BlockColumns);
        double* partials = Shared.Doubles(ScratchSlot.Sums, (long)rows * across);

        // A block packs its part of V for itself: as many rows as leave every thread a block. No sum depends on it.
        int height = Math.Clamp(Parallelism.Chunks((long)rows * across, device.Pool.Threads), LinearDotsBody.MinimumRows, LinearDotsBody.MaximumRows);
        var body = new LinearDotsBody(device, gradient, rows, height, across, direction, partials);
        device.Pool.Run(Parallelism.Chunks(rows, height) * across, ref body);
        int perSample = gradient[0].Positions * across;
        for (int i = 0; i < gradient.Batch; i++)
        {
            double total = 0;
            for (int k = 0; k < perSample; k++)
            {
                total += partials[((long)i * perSample) + k];
            }

            totals[i] += total;
        }
    }

    /// <summary>partials[row, block] = part of g_row.(V a_row) over one block of outputs; a row is a position of a sample.</summary>
    private readonly struct LinearDotsBody(CpuDevice device, ParameterGradient gradient, int rows, int blockRows, int across, float* direction, double* partials) : IParallelBody
    {
        public const int MinimumRows = 64, MaximumRows = 256;
        public const int BlockColumns = 256;

        public void Run(int task, int worker)
        {
            (int down, int block) = Math.DivRem(task, across);
            int row = down * blockRows, height = Math.Min(blockRows, rows - row);
            int column = block * BlockColumns, width = Math.Min(BlockColumns, gradient.Rows - column);
            int d = gradient.Columns, p = gradient.Rows;
            float* product = device.Scratch(worker).Floats(ScratchSlot.Product, (long)height * width);
            ref readonly CaptureView use = ref gradient[0];
            BlockGemm.Multiply(
                false, true, height, width, d, 1, use.Activation + ((long)row * d), d, direction + ((long)column * d), d, 0, product, width);
            for (int r = 0; r < height; r++)
            {
                float* backprop = use.Backprop + ((long)(row + r) * p) + column;
                partials[((long)(row + r) * across) + block] = Reductions.Dot(product + (r * width), backprop, width);
            }
        }
    }

    /// <summary>totals[i] += sum_t g_t . V[index_t].</summary>
    private readonly struct LookupDotsBody(ParameterGradient gradient, float* direction, double* totals) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            ref readonly CaptureView use = ref gradient[0];
            for (int i = first; i < end; i++)
            {
                int* indices = use.IndicesOf(i);
                float* backprop = use.BackpropOf(i);
                double total = 0;
                for (int t = 0; t < use.Positions; t++)
                {
                    if (indices[t] != use.PaddingIndex)
                    {
                        total += Reductions.Dot(backprop + ((long)t * use.Columns), direction + ((long)indices[t] * use.Columns), use.Columns);
                    }
                }

                totals[i] += total;
            }
        }
    }
}
