using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>What a sum over samples adds to one tile of the parameter.</summary>
internal unsafe interface ITileTerm
{
    /// <summary>tile = beta tile + terms of samples [first, end), in that order. The range may be empty.</summary>
    void Add(int first, int end, in Tile tile, float beta, float* destination, int stride, Scratch scratch);
}

/// <summary>destination = beta destination + a sum over samples, tile by tile, samples innermost.</summary>
/// <remarks>
/// With too few tiles to share, the batch is cut into a number of chunks that follows from the problem alone: the first
/// adds to the destination, the others to partial sums that are added in the order of the chunks.
/// </remarks>
internal readonly unsafe struct BatchSum<TTerm>(
    CpuDevice device, ParameterGradient gradient, int chunks, float* partials, float beta, float* destination, TTerm term) : IParallelBody
    where TTerm : struct, ITileTerm
{
    private readonly GradientTiling _tiling = new(gradient.Rows, gradient.Columns);

    public static void Run(CpuDevice device, in ParameterGradient gradient, float beta, float* destination, in TTerm term)
    {
        int tiles = new GradientTiling(gradient.Rows, gradient.Columns).Count;
        int chunks = Parallelism.BatchChunks(gradient.Batch, tiles, gradient.FlopsPerSample);
        float* partials = chunks == 1 ? null : device.Scratch(0).Floats(ScratchSlot.Sums, (chunks - 1) * gradient.Count);
        var body = new BatchSum<TTerm>(device, gradient, chunks, partials, beta, destination, term);
        device.Pool.Run(tiles * chunks, ref body);
        if (chunks > 1)
        {
            var combination = new Combination(chunks - 1, partials, gradient.Count, destination);
            RangeLoop.Run(device.Pool, checked((int)gradient.Count), Parallelism.Elements(chunks), ref combination);
        }
    }

    public void Run(int task, int worker)
    {
        (int index, int chunk) = Math.DivRem(task, chunks);
        Tile tile = _tiling[index];
        float* target = (chunk == 0 ? destination : partials + ((chunk - 1) * gradient.Count)) + ((long)tile.Row * gradient.Columns) + tile.Column;
        int first = Parallelism.ChunkStart(gradient.Batch, chunks, chunk), end = Parallelism.ChunkStart(gradient.Batch, chunks, chunk + 1);
        term.Add(first, end, tile, chunk == 0 ? beta : 0, target, gradient.Columns, device.Scratch(worker));
    }

    /// <summary>Adds the partial sums of the chunks, in their order, over ranges of elements.</summary>
    private readonly struct Combination(int chunks, float* partials, long count, float* destination) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            var sum = new Span<float>(destination + first, end - first);
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                TensorPrimitives.Add(sum, new ReadOnlySpan<float>(partials + (chunk * count) + first, sum.Length), sum);
            }
        }
    }
}
