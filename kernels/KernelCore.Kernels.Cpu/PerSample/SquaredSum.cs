using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <inheritdoc/>
    /// <remarks>
    /// A Linear on vectors is one product, scale (G o G)^T (A o A); a table takes only the rows that occur; others square
    /// tiles of each sample's gradient. Squares are added in float32, samples in fixed chunks.
    /// </remarks>
    public void SquaredSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, float scale, float beta, Tensor destination)
    {
        ParameterGradient gradient = View(uses, role, ref _left);
        float* sum = HostMemory.Of(destination);
        if (gradient.IsSingle(CaptureKind.Linear) && gradient[0].Positions == 1)
        {
            ref readonly CaptureView use = ref gradient[0];
            float* g = Squares(use.Backprop, (long)gradient.Batch * use.Rows, ScratchSlot.Left);
            float* a = Squares(use.Activation, (long)gradient.Batch * use.Columns, ScratchSlot.Right);
            Gemm.Run(OuterProducts(use, gradient.Batch, scale, g, a, beta, sum), device);
        }
        else if (gradient.AllLookups)
        {
            ScaleLoop.Run(device, beta, sum, gradient.Count);
            var body = new LookupSquaresBody(device, gradient, SortLookups(gradient, ScratchSlot.Left), scale, sum);
            device.Pool.Run(body.Tasks, ref body);
        }
        else
        {
            BatchSum<SquaredTerm>.Run(device, gradient, beta, sum, new SquaredTerm(gradient, scale));
        }

    }

    private float* Squares(float* x, long count, ScratchSlot slot)
    {
        float* squares = Shared.Floats(slot, count);
        Elementwise.Run(device.Pool, checked((int)count), new Square { X = x, Y = squares });
        return squares;
    }

    /// <summary>y_i = x_i^2.</summary>
    private struct Square : IElementwise
    {
        public float* X, Y;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Apply<TLanes>(nint i)
            where TLanes : struct, ILanes<TLanes>
        {
            TLanes x = TLanes.Load(X + i);
            (x * x).Store(Y + i);
        }
    }

    /// <summary>scale grad_i o grad_i through a tile in scratch.</summary>
    private readonly struct SquaredTerm(ParameterGradient gradient, float scale) : ITileTerm
    {
        public void Add(int first, int end, in Tile tile, float beta, float* destination, int stride, Scratch scratch)
        {
            StridedRows.Scale(beta, destination, stride, tile.Rows, tile.Columns);
            float* memory = scratch.Floats(ScratchSlot.Gradient, tile.Count);
            for (int i = first; i < end; i++)
            {
                gradient.Form(i, tile, memory, tile.Columns, scratch);
                StridedRows.AddSquares(scale, memory, destination, stride, tile.Rows, tile.Columns);
            }
        }
    }

    /// <summary>Squares the summed rows of each sample; tasks own columns of the table.</summary>
    private readonly struct LookupSquaresBody(CpuDevice device, ParameterGradient gradient, long* keys, float scale, float* table) : IParallelBody
    {
        public int Tasks => Parallelism.Chunks(gradient.Columns, LookupRuns.ColumnsPerTask);

        public void Run(int task, int worker)
        {
            int column = task * LookupRuns.ColumnsPerTask, width = Math.Min(LookupRuns.ColumnsPerTask, gradient.Columns - column);
            float* sum = device.Scratch(worker).Floats(ScratchSlot.Gradient, width);
            for (int i = 0; i < gradient.Batch; i++)
            {
                var runs = new LookupRuns(gradient, i, keys);
                for (int first = 0, end; first < runs.Count; first = end)
                {
                    end = runs.RunEnd(first);
                    runs.Sum(first, end, column, width, sum);
                    Reductions.AddSquares(scale, sum, table + ((long)runs.Row(first) * gradient.Columns) + column, width);
                }
            }
        }
    }
}
