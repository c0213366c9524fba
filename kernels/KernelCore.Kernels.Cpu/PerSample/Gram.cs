using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>Elements of gradient tiles of all samples together: 4 MiB.</summary>
    private const int GramTileElements = 1 << 20;

    /// <inheritdoc/>
    /// <remarks>
    /// Linear with few positions: sum_ts (a_t.a'_s)(g_t.g'_s), blocks of two products fused with their elementwise product.
    /// Tables: the rows that two samples share. Others: tiles of the gradients of all samples, M M'^T per tile. Products in
    /// float32; sums over positions in double; tiles and uses of <paramref name="accumulate"/> are added in float32.
    /// </remarks>
    public void Gram(
        ReadOnlySpan<LayerCapture> left, ReadOnlySpan<LayerCapture> right, ParameterRole role, bool accumulate, Tensor gram)
    {
        bool symmetric = left == right;
        ParameterGradient rows = View(left, role, ref _left);
        ParameterGradient columns = symmetric ? rows : View(right, role, ref _right);
        float* destination = HostMemory.Of(gram);
        if (rows.IsSingle(CaptureKind.Linear) && columns.IsSingle(CaptureKind.Linear) && PairsAreCheaper(rows, columns))
        {
            LinearGram(rows, columns, symmetric, withBias: false, accumulate, destination);
        }
        else if (rows.AllLookups && columns.AllLookups)
        {
            LookupGram(rows, columns, symmetric, accumulate, destination);
        }
        else
        {
            TileGram(rows, columns, symmetric, accumulate, destination);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Linear with few positions: as <see cref="Gram"/>, with 1 added to every a_t.a'_s. Others: weight, then bias.</remarks>
    public void LayerGram(ReadOnlySpan<LayerCapture> left, ReadOnlySpan<LayerCapture> right, bool accumulate, Tensor gram)
    {
        bool symmetric = left == right;
        ParameterGradient rows = View(left, ParameterRole.Weight, ref _left);
        ParameterGradient columns = symmetric ? rows : View(right, ParameterRole.Weight, ref _right);
        if (rows.IsSingle(CaptureKind.Linear) && columns.IsSingle(CaptureKind.Linear) && PairsAreCheaper(rows, columns))
        {
            LinearGram(rows, columns, symmetric, withBias: true, accumulate, HostMemory.Of(gram));
        }
        else
        {
            Gram(left, right, ParameterRole.Weight, accumulate, gram);
            Gram(left, right, ParameterRole.Bias, accumulate: true, gram);
        }
    }

    /// <summary>Whether T T' (p + d) per pair beats p d per pair and T p d per sample.</summary>
    private static bool PairsAreCheaper(in ParameterGradient left, in ParameterGradient right)
    {
        double pairs = (double)left.Batch * right.Batch, t = left[0].Positions, s = right[0].Positions;
        double forming = ((left.Batch * t) + (right.Batch * s)) * left.Count;
        return pairs * t * s * (left.Rows + left.Columns) <= (pairs * left.Count) + forming;
    }

    private void TileGram(in ParameterGradient left, in ParameterGradient right, bool symmetric, bool accumulate, float* gram)
    {
        if (left.Count == 0)
        {
            ScaleLoop.Run(device, accumulate ? 1 : 0, gram, (long)left.Batch * right.Batch);
            return;
        }

        int gradients = left.Batch + (symmetric ? 0 : right.Batch);
        var tiling = new GradientTiling(left.Rows, left.Columns, Math.Clamp(GramTileElements / Math.Max(1, gradients), 1, GradientTiling.CacheElements));
        var blocks = new GramBlocks(gram, left.Batch, right.Batch, TileGramBody.Block, TileGramBody.Block, symmetric);
        float* a = Shared.Floats(ScratchSlot.Left, (long)left.Batch * tiling.MaxElements);
        float* b = symmetric ? a : Shared.Floats(ScratchSlot.Right, (long)right.Batch * tiling.MaxElements);
        for (int index = 0; index < tiling.Count; index++)
        {
            Tile tile = tiling[index];
            FormTiles(left, tile, a);
            if (!symmetric)
            {
                FormTiles(right, tile, b);
            }

            MultiplyTiles(blocks, a, b, tile.Count, accumulate || index > 0);
        }
    }

    private void FormTiles(in ParameterGradient gradient, in Tile tile, float* memory)
    {
        var body = new FormTilesBody(device, gradient, tile, memory);
        RangeLoop.Run(device.Pool, gradient.Batch, gradient.FlopsPerElement * tile.Count, ref body);
    }

    /// <summary>The same tile of every sample's gradient, one row of memory each.</summary>
    private readonly struct FormTilesBody(CpuDevice device, ParameterGradient gradient, Tile tile, float* memory) : IRangeBody
    {
        public void Run(int first, int end, int worker)
        {
            for (int i = first; i < end; i++)
            {
                gradient.Form(i, tile, memory + ((long)i * tile.Count), tile.Columns, device.Scratch(worker));
            }
        }
    }

    /// <summary>gram (+)= M M'^T. Where blocks are few, their depth is cut into pieces of fixed number, which are added in order.</summary>
    private void MultiplyTiles(in GramBlocks blocks, float* left, float* right, int width, bool accumulate)
    {
        int pieces = Math.Clamp(Math.Min(TileGramBody.Tasks / Math.Max(1, blocks.Count), width / TileGramBody.LeastDepth), 1, TileGramBody.Tasks);
        float* products = pieces == 1 ? null : Shared.Floats(ScratchSlot.Sums, (long)blocks.Count * pieces * TileGramBody.BlockElements);
        var body = new TileGramBody(device, blocks, left, right, width, pieces, products, accumulate);
        device.Pool.Run(blocks.Count * pieces, ref body);
        for (int index = 0; pieces > 1 && index < blocks.Count; index++)
        {
            Tile block = blocks[index];
            float* first = products + ((long)index * pieces * TileGramBody.BlockElements);
            var sum = new Span<float>(first, block.Count);
            for (int piece = 1; piece < pieces; piece++)
            {
                TensorPrimitives.Add(sum, new ReadOnlySpan<float>(first + (piece * TileGramBody.BlockElements), block.Count), sum);
            }

            blocks.Put(block, first, accumulate);
        }
    }

    /// <summary>A piece of the depth of a block of M M'^T over one tile of the parameter.</summary>
    private readonly struct TileGramBody(
        CpuDevice device, GramBlocks blocks, float* left, float* right, int width, int pieces, float* products, bool accumulate) : IParallelBody
    {
        public const int Block = 64, BlockElements = Block * Block, Tasks = 16, LeastDepth = 512;

        public void Run(int task, int worker)
        {
            (int index, int piece) = Math.DivRem(task, pieces);
            Tile block = blocks[index];
            int start = Parallelism.ChunkStart(width, pieces, piece), depth = Parallelism.ChunkStart(width, pieces, piece + 1) - start;
            float* product = products == null ? device.Scratch(worker).Floats(ScratchSlot.Product, block.Count) : products + ((long)task * BlockElements);
            BlockGemm.Multiply(
                false, true, block.Rows, block.Columns, depth, 1, left + ((long)block.Row * width) + start, width,
                right + ((long)block.Column * width) + start, width, 0, product, block.Columns);
            if (products == null)
            {
                blocks.Put(block, product, accumulate);
            }
        }
    }
}
