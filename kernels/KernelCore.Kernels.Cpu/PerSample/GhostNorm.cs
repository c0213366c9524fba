namespace KernelCore.Kernels.Cpu;

/// <summary>||sum_t g_t a_t^T||^2 = sum_ts (a_t.a_s)(g_t.g_s) of one sample (the ghost norm: Li et al., "Large language models can be strong differentially private learners", 2022).</summary>
/// <remarks>Strips of positions down to the diagonal only; the Hadamard sum of a strip in double; groups of a convolution add.</remarks>
internal static unsafe class GhostNorm
{
    /// <summary>Positions per strip: as wide as the widest tile of a product, whose left operand is then read in place.</summary>
    private const int Strip = 32;

    /// <summary>Positions up to which single dots beat packing operands for a product.</summary>
    private const int FewPositions = 16;

    /// <summary>Operations for one group of channels of one sample.</summary>
    public static double Flops(in CaptureView use) => (double)use.Positions * use.Positions * ((use.Rows / use.Groups) + use.Columns);

    /// <summary>The squared norm, over all groups. Rounding can leave it below zero.</summary>
    public static double Sum(in CaptureView use, int sample, Scratch scratch)
    {
        double sum = 0;
        for (int group = 0; group < use.Groups; group++)
        {
            sum += Sum(use, sample, group, scratch);
        }

        return sum;
    }

    /// <summary>The part of one group of channels.</summary>
    public static double Sum(in CaptureView use, int sample, int group, Scratch scratch) =>
        use.Kind == CaptureKind.Linear ? Linear(use, sample, scratch) : Convolution(use, sample, group, scratch);

    private static double Linear(in CaptureView use, int sample, Scratch scratch)
    {
        float* a = use.ActivationOf(sample), g = use.BackpropOf(sample);
        return use.Positions <= FewPositions
            ? PairSum(use.Positions, a, use.Columns, g, use.Rows)
            : HadamardSum(false, use.Positions, a, use.Columns, use.Columns, g, use.Rows, use.Rows, scratch);
    }

    private static double Convolution(in CaptureView use, int sample, int group, Scratch scratch)
    {
        Im2Col patches = use.Patches;
        float* columns = patches.GroupImage(use.ActivationOf(sample), group);
        if (!patches.IsIdentity)
        {
            float* image = columns;
            columns = scratch.Floats(ScratchSlot.Patches, (long)use.Columns * use.Positions);
            patches.Gather(image, 0, use.Columns, 0, patches.OutHeight, columns, use.Positions);
        }

        float* backprop = use.BackpropOf(sample) + ((long)group * patches.OutChannels * use.Positions);
        return HadamardSum(true, use.Positions, columns, use.Positions, use.Columns, backprop, use.Positions, patches.OutChannels, scratch);
    }

    /// <summary>Sum of (x_t.x_s)(y_t.y_s) over positions, pair by pair.</summary>
    private static double PairSum(int positions, float* x, int widthX, float* y, int widthY)
    {
        double total = 0;
        for (int t = 0; t < positions; t++)
        {
            for (int s = t; s < positions; s++)
            {
                double product = Reductions.Dot(x + (t * widthX), x + (s * widthX), widthX) * Reductions.Dot(y + (t * widthY), y + (s * widthY), widthY);
                total += s == t ? product : 2 * product;
            }
        }

        return total;
    }

    /// <summary>Sum of (X X^T) o (Y Y^T) over positions; X and Y have positions as rows, or as columns when transposed.</summary>
    private static double HadamardSum(bool transposed, int positions, float* x, int strideX, int widthX, float* y, int strideY, int widthY, Scratch scratch)
    {
        int width = Math.Min(Strip, positions);
        float* xx = scratch.Floats(ScratchSlot.Product, 2L * positions * width), yy = xx + (positions * width);
        double total = 0;
        for (int s = 0; s < positions; s += Strip)
        {
            int columns = Math.Min(Strip, positions - s), above = s * columns;
            Product(transposed, x, strideX, widthX, s, columns, xx);
            Product(transposed, y, strideY, widthY, s, columns, yy);
            total += (2 * Reductions.Dot(xx, yy, above)) + Reductions.Dot(xx + above, yy + above, columns * columns);
        }

        return total;
    }

    /// <summary>Products of the positions [s, s + columns) with those before them and one another.</summary>
    private static void Product(bool transposed, float* x, int stride, int width, int s, int columns, float* product)
    {
        long step = transposed ? 1 : stride;
        BlockGemm.Multiply(transposed, !transposed, s + columns, columns, width, 1, x, stride, x + (s * step), stride, 0, product, columns);
    }
}
