using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>
/// The one primitive of the per-sample kernels: tile = beta tile + rows and columns of one sample's gradient from one use.
/// </summary>
/// <remarks>Products in float32; with beta 0 the old content is not read.</remarks>
internal static unsafe class GradientTile
{
    /// <summary>Elements of the patch matrix that are extracted at a time: 256 KiB.</summary>
    public const int PatchElements = 1 << 16;

    /// <summary>Adds the gradient of one use to a tile.</summary>
    /// <param name="use">The capture.</param>
    /// <param name="role">Weight or bias.</param>
    /// <param name="sample">Sample.</param>
    /// <param name="tile">Rows and columns of the parameter matrix.</param>
    /// <param name="beta">0 to overwrite, 1 to add.</param>
    /// <param name="destination">The tile.</param>
    /// <param name="stride">Elements between its rows.</param>
    /// <param name="scratch">Working memory of the thread; uses <see cref="ScratchSlot.Patches"/>.</param>
    public static void Add(
        in CaptureView use, ParameterRole role, int sample, in Tile tile, float beta, float* destination, int stride, Scratch scratch)
    {
        if (role == ParameterRole.Bias)
        {
            ChannelSums(use.Layout, use.BackpropOf(sample), null, tile, beta, destination);
            return;
        }

        switch (use.Kind)
        {
            case CaptureKind.Linear:
                BlockGemm.Multiply(
                    true, false, tile.Rows, tile.Columns, use.Positions, 1, use.BackpropOf(sample) + tile.Row, use.Rows,
                    use.ActivationOf(sample) + tile.Column, use.Columns, beta, destination, stride);
                break;
            case CaptureKind.Convolution:
                Convolution(use, sample, tile, 1, beta, destination, stride, scratch);
                break;
            case CaptureKind.Lookup:
                Lookup(use, sample, tile, beta, destination, stride);
                break;
            case CaptureKind.ScaleShift:
                ChannelSums(use.Layout, use.BackpropOf(sample), use.ActivationOf(sample), tile, beta, destination);
                break;
            case CaptureKind.Broadcast:
                Broadcast(use, sample, tile, beta, destination, stride);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(use), use.Kind, "unknown kind of capture");
        }
    }

    /// <summary>tile = beta tile + alpha G col^T, group by group, a range of output lines at a time.</summary>
    public static void Convolution(
        in CaptureView use, int sample, in Tile tile, float alpha, float beta, float* destination, int stride, Scratch scratch)
    {
        Im2Col patches = use.Patches;
        int positions = use.Positions, width = Math.Max(1, patches.OutWidth);
        int linesAtOnce = Math.Clamp(PatchElements / Math.Max(1, tile.Columns * width), 1, Math.Max(1, patches.OutHeight));
        float* columns = patches.IsIdentity ? null : scratch.Floats(ScratchSlot.Patches, (long)tile.Columns * linesAtOnce * width);
        for (int row = tile.Row, end = tile.Row + tile.Rows; row < end;)
        {
            int group = row / patches.OutChannels;
            int rows = Math.Min(end, (group + 1) * patches.OutChannels) - row;
            float* image = patches.GroupImage(use.ActivationOf(sample), group);
            float* target = destination + ((long)(row - tile.Row) * stride);
            float factor = beta;
            int line = 0;
            do
            {
                int lines = Math.Min(linesAtOnce, patches.OutHeight - line), chunk = lines * patches.OutWidth, start = line * patches.OutWidth;
                float* operand = image + ((long)tile.Column * positions) + start;
                int operandStride = positions;
                if (!patches.IsIdentity)
                {
                    patches.Gather(image, tile.Column, tile.Columns, line, lines, columns, chunk);
                    operand = columns;
                    operandStride = chunk;
                }

                BlockGemm.Multiply(
                    false, true, rows, tile.Columns, chunk, alpha, use.BackpropOf(sample) + ((long)row * positions) + start, positions,
                    operand, operandStride, factor, target, stride);
                factor = 1;
                line += lines;
            }
            while (line < patches.OutHeight);

            row += rows;
        }
    }

    private static void Lookup(in CaptureView use, int sample, in Tile tile, float beta, float* destination, int stride)
    {
        if (beta == 0)
        {
            for (int r = 0; r < tile.Rows; r++)
            {
                new Span<float>(destination + ((long)r * stride), tile.Columns).Clear();
            }
        }

        int* indices = use.IndicesOf(sample);
        float* backprop = use.BackpropOf(sample) + tile.Column;
        for (int t = 0; t < use.Positions; t++)
        {
            int row = indices[t] - tile.Row;
            if ((uint)row < (uint)tile.Rows && indices[t] != use.PaddingIndex)
            {
                var sum = new Span<float>(destination + ((long)row * stride), tile.Columns);
                TensorPrimitives.Add(sum, new ReadOnlySpan<float>(backprop + ((long)t * use.Columns), tile.Columns), sum);
            }
        }
    }

    private static void Broadcast(in CaptureView use, int sample, in Tile tile, float beta, float* destination, int stride)
    {
        for (int r = 0; r < tile.Rows; r++)
        {
            var row = new ReadOnlySpan<float>(use.BackpropOf(sample) + ((long)(tile.Row + r) * use.Columns) + tile.Column, tile.Columns);
            var sum = new Span<float>(destination + ((long)r * stride), tile.Columns);
            if (beta == 0)
            {
                row.CopyTo(sum);
            }
            else
            {
                TensorPrimitives.Add(sum, row, sum);
            }
        }
    }

    /// <summary>tile[c] = beta tile[c] + sum over outer and inner positions of g, or of g x where there is an x.</summary>
    private static void ChannelSums(in ChannelLayout layout, float* g, float* x, in Tile tile, float beta, float* destination)
    {
        var sums = new Span<float>(destination, tile.Rows);
        if (beta == 0)
        {
            sums.Clear();
        }

        if (layout.Inner == 1)
        {
            for (int o = 0; o < layout.Outer; o++)
            {
                long start = ((long)o * layout.Channels) + tile.Row;
                var row = new ReadOnlySpan<float>(g + start, tile.Rows);
                if (x == null)
                {
                    TensorPrimitives.Add(sums, row, sums);
                }
                else
                {
                    TensorPrimitives.MultiplyAdd(row, new ReadOnlySpan<float>(x + start, tile.Rows), sums, sums);
                }
            }

            return;
        }

        for (int c = 0; c < tile.Rows; c++)
        {
            double sum = 0;
            for (int o = 0; o < layout.Outer; o++)
            {
                long start = (((long)o * layout.Channels) + tile.Row + c) * layout.Inner;
                sum += x == null ? Reductions.Sum(g + start, layout.Inner) : Reductions.Dot(g + start, x + start, layout.Inner);
            }

            sums[c] += (float)sum;
        }
    }
}
