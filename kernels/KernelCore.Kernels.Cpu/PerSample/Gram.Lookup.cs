namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>gram[i, j] (+)= sum of g_t.g'_s over positions t of i and s of j with the same table row.</summary>
    private void LookupGram(in ParameterGradient left, in ParameterGradient right, bool symmetric, bool accumulate, float* gram)
    {
        long* rows = SortLookups(left, ScratchSlot.Left);
        long* columns = symmetric ? rows : SortLookups(right, ScratchSlot.Right);
        var blocks = new GramBlocks(gram, left.Batch, right.Batch, LookupGramBody.Block, LookupGramBody.Block, symmetric);
        var body = new LookupGramBody(left, rows, right, columns, blocks, accumulate);
        device.Pool.Run(blocks.Count, ref body);
    }

    /// <summary>Merges the sorted positions of the two samples of each pair.</summary>
    private readonly struct LookupGramBody(
        ParameterGradient left, long* leftKeys, ParameterGradient right, long* rightKeys, GramBlocks blocks, bool accumulate) : IParallelBody
    {
        public const int Block = 16;

        public void Run(int task, int worker)
        {
            Tile block = blocks[task];
            for (int i = 0; i < block.Rows; i++)
            {
                var rows = new LookupRuns(left, block.Row + i, leftKeys);
                for (int j = blocks.FirstOwned(block, i); j < block.Columns; j++)
                {
                    var columns = new LookupRuns(right, block.Column + j, rightKeys);
                    blocks.Put(block, i, j, (float)Merge(rows, columns), accumulate);
                }
            }
        }

        private double Merge(in LookupRuns x, in LookupRuns y)
        {
            double total = 0;
            for (int i = 0, j = 0; i < x.Count && j < y.Count;)
            {
                if (x.Row(i) != y.Row(j))
                {
                    _ = x.Row(i) < y.Row(j) ? i++ : j++;
                    continue;
                }

                int endX = x.RunEnd(i), endY = y.RunEnd(j);
                for (; i < endX; i++)
                {
                    for (int k = j; k < endY; k++)
                    {
                        total += Reductions.Dot(x.Backprop(i), y.Backprop(k), left.Columns);
                    }
                }

                j = endY;
            }

            return total;
        }
    }
}
