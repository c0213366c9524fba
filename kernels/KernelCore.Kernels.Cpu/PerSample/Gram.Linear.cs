using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>gram[i, j] (+)= sum_ts (a_it.a'_js)(g_it.g'_js): (A A'^T) o (G G'^T) when T is 1. The bias adds 1 to every a_it.a'_js.</summary>
    private void LinearGram(in ParameterGradient left, in ParameterGradient right, bool symmetric, bool withBias, bool accumulate, float* gram)
    {
        int positions = LinearGramBody.Side((double)left.Batch * left[0].Positions * right.Batch * right[0].Positions);
        int height = Math.Max(1, positions / Math.Max(1, left[0].Positions)), width = Math.Max(1, positions / Math.Max(1, right[0].Positions));
        var blocks = new GramBlocks(gram, left.Batch, right.Batch, height, width, symmetric);
        var body = new LinearGramBody(device, left, right, blocks, withBias, accumulate);
        device.Pool.Run(blocks.Count, ref body);
    }

    private readonly struct LinearGramBody(
        CpuDevice device, ParameterGradient left, ParameterGradient right, GramBlocks blocks, bool withBias, bool accumulate) : IParallelBody
    {
        /// <summary>Side of a block of positions: small ones give every thread some, large ones repay the packing of their products.</summary>
        public static int Side(double pairs)
        {
            const int unit = 64, most = 384, blocks = 16;
            return Math.Clamp((int)Math.Sqrt(pairs / blocks) / unit * unit, unit, most);
        }

        public void Run(int task, int worker)
        {
            Tile block = blocks[task];
            int t = left[0].Positions, s = right[0].Positions, height = block.Rows * t, width = block.Columns * s;
            float* aa = device.Scratch(worker).Floats(ScratchSlot.Product, 2L * height * width), gg = aa + ((long)height * width);
            Product(left[0].ActivationOf(block.Row), right[0].ActivationOf(block.Column), height, width, left.Columns, aa);
            Product(left[0].BackpropOf(block.Row), right[0].BackpropOf(block.Column), height, width, left.Rows, gg);
            if (withBias)
            {
                var inner = new Span<float>(aa, height * width);
                TensorPrimitives.Add(inner, 1, inner);
            }

            for (int i = 0; i < block.Rows; i++)
            {
                if (t == 1 && s == 1)
                {
                    var products = new Span<float>(aa + ((long)i * width), width);
                    TensorPrimitives.Multiply(products, new ReadOnlySpan<float>(gg + ((long)i * width), width), products);
                    blocks.PutRow(block, i, aa + ((long)i * width), accumulate);
                    continue;
                }

                for (int j = blocks.FirstOwned(block, i); j < block.Columns; j++)
                {
                    long corner = ((long)i * t * width) + ((long)j * s);
                    blocks.Put(block, i, j, (float)Reductions.Dot(aa + corner, width, gg + corner, width, t, s), accumulate);
                }
            }
        }

        private static void Product(float* x, float* y, int rows, int columns, int depth, float* product) =>
            BlockGemm.Multiply(false, true, rows, columns, depth, 1, x, depth, y, depth, 0, product, columns);
    }
}
