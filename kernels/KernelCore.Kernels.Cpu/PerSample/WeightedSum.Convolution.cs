using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuPerSampleKernels
{
    /// <summary>c_i G_i col_i^T, accumulated by the product itself.</summary>
    /// <remarks>Small images go several at a time, side by side, so that the summed axis of a product stays long.</remarks>
    private readonly struct ConvolutionTerm(ParameterGradient gradient, float* coefficients) : ITileTerm
    {
        private const int Depth = 256;

        public void Add(int first, int end, in Tile tile, float beta, float* destination, int stride, Scratch scratch)
        {
            ref readonly CaptureView use = ref gradient[0];
            int together = Math.Min(Depth, GradientTile.PatchElements / tile.Columns) / Math.Max(1, use.Positions);
            if (first == end)
            {
                StridedRows.Scale(beta, destination, stride, tile.Rows, tile.Columns);
            }

            for (int i = first; i < end;)
            {
                int samples = Math.Clamp(together, 1, end - i);
                float old = i == first ? beta : 1;
                if (samples == 1)
                {
                    GradientTile.Convolution(use, i, tile, Factor(i), old, destination, stride, scratch);
                }
                else
                {
                    Several(use, i, samples, tile, old, destination, stride, scratch);
                }

                i += samples;
            }
        }

        private float Factor(int sample) => coefficients == null ? 1 : coefficients[sample];

        private void Several(in CaptureView use, int first, int samples, in Tile tile, float beta, float* destination, int stride, Scratch scratch)
        {
            Im2Col patches = use.Patches;
            int positions = use.Positions, depth = samples * positions;
            float* columns = scratch.Floats(ScratchSlot.Patches, (long)tile.Columns * depth);
            float* backprop = scratch.Floats(ScratchSlot.Product, (long)Math.Min(tile.Rows, patches.OutChannels) * depth);
            for (int row = tile.Row, end = tile.Row + tile.Rows; row < end;)
            {
                int group = row / patches.OutChannels;
                int rows = Math.Min(end, (group + 1) * patches.OutChannels) - row;
                for (int s = 0; s < samples; s++)
                {
                    float* image = patches.GroupImage(use.ActivationOf(first + s), group);
                    patches.Gather(image, tile.Column, tile.Columns, 0, patches.OutHeight, columns + (s * positions), depth);
                    for (int r = 0; r < rows; r++)
                    {
                        var source = new ReadOnlySpan<float>(use.BackpropOf(first + s) + ((long)(row + r) * positions), positions);
                        TensorPrimitives.Multiply(source, Factor(first + s), new Span<float>(backprop + ((long)r * depth) + (s * positions), positions));
                    }
                }

                BlockGemm.Multiply(
                    false, true, rows, tile.Columns, depth, 1, backprop, depth, columns, depth, beta,
                    destination + ((long)(row - tile.Row) * stride), stride);
                row += rows;
            }
        }
    }
}
