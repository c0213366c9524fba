using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>Multiply-adds below which a product stays on the calling thread.</summary>
    private const long ParallelProduct = 1 << 18;

    /// <summary>Backprops scaled at a time: they are still in cache when they are multiplied.</summary>
    private const int ScaledFloats = 1 << 19;

    /// <inheritdoc/>
    /// <remarks>
    /// The sum is linear in the uses, so each adds on its own. Linear: one product (diag(c) G)^T A over all positions of the
    /// batch, or over as many samples at a time as keep diag(c) G in cache. Float32 sums over samples in fixed chunks.
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
                LinearSum(use, factors, old, sum);
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

    private void LinearSum(in ParameterGradient gradient, float* coefficients, float beta, float* destination)
    {
        ref readonly CaptureView use = ref gradient[0];
        if (coefficients == null)
        {
            OuterProducts(checked(gradient.Batch * use.Positions), use.Rows, use.Columns, 1, use.Backprop, use.Activation, beta, destination);
            return;
        }

        int samples = Math.Clamp(ScaledFloats / Math.Max(1, use.BackpropSize), 1, Math.Max(1, gradient.Batch)), first = 0;
        float* scaled = Shared.Floats(ScratchSlot.Left, (long)samples * use.BackpropSize);
        do
        {
            int count = Math.Min(samples, gradient.Batch - first);
            var scaling = new ScaleSamplesBody(use, first, coefficients, scaled);
            RangeLoop.Run(device.Pool, count, Parallelism.Elements(use.BackpropSize), ref scaling);
            OuterProducts(count * use.Positions, use.Rows, use.Columns, 1, scaled, use.ActivationOf(first), first == 0 ? beta : 1, destination);
            first += count;
        }
        while (first < gradient.Batch);
    }

    /// <summary>C = alpha G^T A + beta C with G [rows, p] and A [rows, d], on all threads when that pays.</summary>
    private void OuterProducts(int rows, int p, int d, float alpha, float* g, float* a, float beta, float* destination)
    {
        var problem = new GemmProblem(true, false, p, d, rows, alpha, g, p, a, d, beta, destination, d, null);
        Gemm.Run(problem, (long)rows * p * d < ParallelProduct ? null : device.Pool);
    }

    /// <summary>scaled[i] = coefficients[s] g[s] for each sample s = origin + i.</summary>
    private readonly struct ScaleSamplesBody(CaptureView use, int origin, float* coefficients, float* scaled) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                var source = new ReadOnlySpan<float>(use.BackpropOf(origin + i), use.BackpropSize);
                TensorPrimitives.Multiply(source, coefficients[origin + i], new Span<float>(scaled + ((long)i * use.BackpropSize), use.BackpropSize));
            }
        }
    }

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
