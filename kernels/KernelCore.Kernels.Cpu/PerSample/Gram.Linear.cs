namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>gram[i, j] (+)= sum_ts (a_it.a'_js)(g_it.g'_js): (A A'^T) o (G G'^T) when T is 1.</summary>
    private void LinearGram(in ParameterGradient left, in ParameterGradient right, bool symmetric, bool accumulate, float* gram)
    {
        long pairs = (long)left.Batch * left[0].Positions * right.Batch * right[0].Positions;
        int positions = pairs < LinearGramBody.ManyPairs ? LinearGramBody.FewPositions : LinearGramBody.ManyPositions;
        int height = Math.Max(1, positions / Math.Max(1, left[0].Positions)), width = Math.Max(1, positions / Math.Max(1, right[0].Positions));
        var blocks = new GramBlocks(gram, left.Batch, right.Batch, height, width, symmetric);
        var body = new LinearGramBody(device, left, right, blocks, accumulate);
        device.Pool.Run(blocks.Count, ref body);
    }

    private readonly struct LinearGramBody(
        CpuDevice device, ParameterGradient left, ParameterGradient right, GramBlocks blocks, bool accumulate) : IParallelBody
    {
        /// <summary>Side of a block of positions: small ones give every thread some, large ones repay the packing of their products.</summary>
        public const int FewPositions = 64, ManyPositions = 192;

        /// <summary>Pairs of positions from which on blocks are large: enough for about seven of them.</summary>
        public const int ManyPairs = 1 << 18;

        public void Run(int task, int worker)
        {
            Tile block = blocks[task];
            int t = left[0].Positions, s = right[0].Positions, height = block.Rows * t, width = block.Columns * s;
            float* aa = device.Scratch(worker).Floats(ScratchSlot.Product, 2L * height * width), gg = aa + ((long)height * width);
            Product(left[0].ActivationOf(block.Row), right[0].ActivationOf(block.Column), height, width, left.Columns, aa);
            Product(left[0].BackpropOf(block.Row), right[0].BackpropOf(block.Column), height, width, left.Rows, gg);
            if (t == 1 && s == 1 && !blocks.IsSymmetric)
            {
                for (int i = 0; i < block.Rows; i++)
                {
                    blocks.PutProducts(block, i, aa + ((long)i * width), gg + ((long)i * width), accumulate);
                }

                return;
            }

            for (int i = 0; i < block.Rows; i++)
            {
                for (int j = 0; j < block.Columns; j++)
                {
                    if (blocks.Owns(block, i, j))
                    {
                        long corner = ((long)i * t * width) + ((long)j * s);
                        float value = t == 1 && s == 1
                            ? aa[corner] * gg[corner]
                            : (float)Reductions.Dot(aa + corner, width, gg + corner, width, t, s);
                        blocks.Put(block, i, j, value, accumulate);
                    }
                }
            }
        }

        private static void Product(float* x, float* y, int rows, int columns, int depth, float* product) =>
            BlockGemm.Multiply(false, true, rows, columns, depth, 1, x, depth, y, depth, 0, product, columns);
    }
}
