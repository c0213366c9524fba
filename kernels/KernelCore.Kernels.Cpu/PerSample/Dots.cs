namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>
    /// The dot is linear in the uses, so each adds on its own. Linear: sum_t g_t.(V a_t), or (V^T g_t).a_t, tiles of the product
    /// against tiles of the other matrix; lookup: the rows of V that occur; others: tiles of the gradient against tiles of V.
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
                LinearDots(use, uses[u], v, null, totals, null);
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

    /// <inheritdoc/>
    /// <remarks>Linear: while a tile of A V^T meets the backprops, these meet the bias. Others: weight, then bias.</remarks>
    public void LayerDots(ReadOnlySpan<LayerCapture> uses, Tensor weight, Tensor bias, Tensor weightDots, Tensor biasDots)
    {
        ParameterGradient gradient = View(uses, ParameterRole.Weight, ref _left);
        if (!gradient.IsSingle(CaptureKind.Linear) || BackpropsFirst(gradient[0]))
        {
            Dots(uses, ParameterRole.Weight, weight, weightDots);
            Dots(uses, ParameterRole.Bias, bias, biasDots);
            return;
        }

        double* totals = Totals(2 * gradient.Batch);
        LinearDots(gradient, uses[0], HostMemory.Of(weight), HostMemory.Of(bias), totals, totals + gradient.Batch);
        Store(totals, gradient.Batch, weightDots);
        Store(totals + gradient.Batch, gradient.Batch, biasDots);
    }

    /// <summary>Whether G V costs less than A V^T: the other matrix is packed, and a tile is filled only in part where its columns end.</summary>
    private static bool BackpropsFirst(in CaptureView use)
    {
        const int tile = 32; // columns; packing an element costs about as many multiply-adds
        return (Parallelism.Chunks(use.Columns, tile) + 1L) * use.Rows < (Parallelism.Chunks(use.Rows, tile) + 1L) * use.Columns;
    }

    /// <summary>Adds the dots with V and, unless null, with the direction of the bias.</summary>
    private void LinearDots(in ParameterGradient gradient, LayerCapture capture, float* direction, float* bias, double* totals, double* biasTotals)
    {
        ref readonly CaptureView use = ref gradient[0];
        int d = use.Columns, p = use.Rows, positions = checked(gradient.Batch * use.Positions);
        double* dots = Shared.Doubles(ScratchSlot.Sums, 2L * positions);
        bool backpropsFirst = BackpropsFirst(use);
        GemmProblem problem = backpropsFirst
            ? new(false, false, positions, d, p, 1, use.Backprop, p, direction, d, 0, use.Activation, d, null)
            : new(false, true, positions, p, d, 1, use.Activation, d, direction, d, 0, use.Backprop, p, bias);
        problem.HeldA = HeldMatrix.Of(backpropsFirst ? capture.Backprop : capture.Activation);
        problem.RowDots = dots;
        problem.BiasDots = bias == null ? null : dots + positions;
        Gemm.Run(problem, device);
        AddPositions(use, gradient.Batch, dots, totals);
        if (bias != null)
        {
            AddPositions(use, gradient.Batch, dots + positions, biasTotals);
        }
    }

    private static void AddPositions(in CaptureView use, int batch, double* dots, double* totals)
    {
        for (int i = 0; i < batch; i++)
        {
            for (int t = 0; t < use.Positions; t++)
            {
                totals[i] += *dots++;
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
