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
            LinearGram(rows, columns, symmetric, accumulate, destination);
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

            var body = new TileGramBody(device, blocks, a, b, tile.Count, accumulate || index > 0);
            device.Pool.Run(blocks.Count, ref body);
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

    /// <summary>A block of M M'^T over one tile of the parameter.</summary>
    private readonly struct TileGramBody(CpuDevice device, GramBlocks blocks, float* left, float* right, int width, bool accumulate) : IParallelBody
    {
        public const int Block = 64;

        public void Run(int task, int worker)
        {
            Tile block = blocks[task];
            float* product = device.Scratch(worker).Floats(ScratchSlot.Product, block.Count);
            BlockGemm.Multiply(
                false, true, block.Rows, block.Columns, width, 1, left + ((long)block.Row * width), width,
                right + ((long)block.Column * width), width, 0, product, block.Columns);
            for (int i = 0; i < block.Rows; i++)
            {
                blocks.PutRow(block, i, product + ((long)i * block.Columns), accumulate);
            }
        }
    }
}
