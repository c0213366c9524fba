namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>Elements of A V^T computed at a time: they are still in cache when they meet the backprops.</summary>
    private const int DotFloats = 1 << 19;

    /// <inheritdoc/>
    /// <remarks>
    /// The dot is linear in the uses, so each adds on its own. Linear: sum_t g_t.(V a_t), the rows of A V^T, as many
    /// at a time as stay in cache; lookup: the rows of V that occur; others: tiles of the gradient against tiles of V.
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
        ref readonly CaptureView use = ref gradient[0];
        int d = use.Columns, p = use.Rows, positions = checked(gradient.Batch * use.Positions);
        int most = Math.Clamp(DotFloats / Math.Max(1, p), 1, Math.Max(1, positions));
        float* product = Shared.Floats(ScratchSlot.Left, (long)most * p);
        double* dots = Shared.Doubles(ScratchSlot.Sums, positions);
        for (int first = 0; first < positions; first += most)
        {
            int rows = Math.Min(most, positions - first);
            var problem = new GemmProblem(false, true, rows, p, d, 1, use.Activation + ((long)first * d), d, direction, d, 0, product, p, null);
            Gemm.Run(problem, (long)rows * p * d < ParallelProduct ? null : device.Pool);
            var body = new RowDotsBody(p, product, use.Backprop + ((long)first * p), dots + first);
            RangeLoop.Run(device.Pool, rows, Parallelism.Elements(p), ref body);
        }

        for (int i = 0; i < gradient.Batch; i++)
        {
            for (int t = 0; t < use.Positions; t++)
            {
                totals[i] += dots[(i * use.Positions) + t];
            }
        }
    }

    /// <summary>dots[row] = x_row . y_row.</summary>
    private readonly struct RowDotsBody(int width, float* x, float* y, double* dots) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            for (int row = first; row < end; row++)
            {
                dots[row] = Reductions.Dot(x + ((long)row * width), y + ((long)row * width), width);
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
