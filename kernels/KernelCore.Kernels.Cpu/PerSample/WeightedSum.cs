namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>
    /// The sum is linear in the uses, so each adds on its own. Linear: one product (diag(c) G)^T A over all positions of the
    /// batch, c multiplied into G where it is packed. Float32 sums over samples in fixed chunks.
    /// </remarks>
    public void WeightedSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor? coefficients, float beta, Tensor destination)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        float* factors = HostMemory.Of(coefficients), sum = HostMemory.Of(destination);
        for (int u = 0; u < uses.Length; u++)
        {
            ParameterGradient use = gradient.Use(u);
            float old = u == 0 ? beta : 1;
            if (use.IsSingle(CaptureKind.Linear))
            {
                // Two uses, as of a tangent, (a, rg) and (ra, g), are a sum of two products.
                GemmProblem product = OuterProducts(use, uses[u], factors, old, sum);
                if (u + 1 < uses.Length && gradient.Use(u + 1).IsSingle(CaptureKind.Linear))
                {
                    u++;
                    Gemm.Run(product, OuterProducts(gradient.Use(u), uses[u], factors, 1, sum), device);
                }
                else
                {
                    Gemm.Run(product, device);
                }
            }
            else if (use.IsSingle(CaptureKind.Lookup))
            {
                ScaleLoop.Run(device, old, sum, use.Count);
                var body = new LookupSumBody(use, factors, sum);
                device.Pool.Run(body.Tasks, ref body);
            }
            else if (use.IsSingle(CaptureKind.Convolution))
            {
                BatchSum<ConvolutionTerm>.Run(device, use, old, sum, new ConvolutionTerm(use, factors));
            }
            else if (use.IsSingle(CaptureKind.Broadcast))
            {
                var body = new BroadcastSumBody(use, factors, old, sum);
                RangeLoop.Run(device.Pool, checked((int)use.Count), Parallelism.Elements(use.Batch), ref body);
            }
            else
            {
                BatchSum<WeightedTerm>.Run(device, use, old, sum, new WeightedTerm(use, factors));
            }
        }
    }

    /// <summary>C = alpha G^T A + beta C over all positions of the batch.</summary>
    private static GemmProblem OuterProducts(in CaptureView use, int batch, float alpha, float* g, float* a, float beta, float* destination) =>
        new(true, false, use.Rows, use.Columns, checked(batch * use.Positions), alpha, g, use.Rows, a, use.Columns, beta, destination, use.Columns, null);

    /// <summary>C = (diag(c) G)^T A + beta C over all positions of the batch.</summary>
    private static GemmProblem OuterProducts(in ParameterGradient use, LayerCapture capture, float* factors, float beta, float* destination) =>
        OuterProducts(use[0], use.Batch, 1, use[0].Backprop, use[0].Activation, beta, destination) with
        {
            TermFactors = factors,
            TermsPerFactor = use[0].Positions,
            HeldA = HeldMatrix.Of(capture.Backprop),
            HeldB = HeldMatrix.Of(capture.Activation),
        };

    /// <summary>Gradients that lie there as they are: ranges of elements take all samples in their order.</summary>
    private readonly struct BroadcastSumBody(ParameterGradient gradient, float* coefficients, float beta, float* destination) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            int count = end - first;
            StridedRows.Scale(beta, destination + first, count, 1, count);
            for (int i = 0; i < gradient.Batch; i++)
            {
                StridedRows.Add(coefficients == null ? 1 : coefficients[i], gradient[0].BackpropOf(i) + first, destination + first, count, 1, count);
            }
        }
    }

    /// <summary>Scatters all positions in their order; tasks own columns of the table.</summary>
    private readonly struct LookupSumBody(ParameterGradient gradient, float* coefficients, float* table) : IParallelBody
    {
        public int Tasks => Parallelism.Chunks(gradient.Columns, LookupRuns.ColumnsPerTask);

        public void Run(int task, int worker)
        {
            ref readonly CaptureView use = ref gradient[0];
            int column = task * LookupRuns.ColumnsPerTask, width = Math.Min(LookupRuns.ColumnsPerTask, use.Columns - column);
            for (int i = 0; i < gradient.Batch; i++)
            {
                int* indices = use.IndicesOf(i);
                float* backprop = use.BackpropOf(i) + column;
                float factor = coefficients == null ? 1 : coefficients[i];
                for (int t = 0; t < use.Positions; t++)
                {
                    if (indices[t] != use.PaddingIndex)
                    {
                        StridedRows.Add(factor, backprop + ((long)t * use.Columns), table + ((long)indices[t] * use.Columns) + column, width, 1, width);
                    }
                }
            }
        }
    }

    /// <summary>c_i grad_i through a tile in scratch.</summary>
    private readonly struct WeightedTerm(ParameterGradient gradient, float* coefficients) : ITileTerm
    {
        public void Add(int first, int end, in Tile tile, float beta, float* destination, int stride, Scratch scratch)
        {
            StridedRows.Scale(beta, destination, stride, tile.Rows, tile.Columns);
            float* memory = scratch.Floats(ScratchSlot.Gradient, tile.Count);
            for (int i = first; i < end; i++)
            {
                gradient.Form(i, tile, memory, tile.Columns, scratch);
                StridedRows.Add(coefficients == null ? 1 : coefficients[i], memory, destination, stride, tile.Rows, tile.Columns);
            }
        }
    }
}
