using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>Turns a convolution into a matrix product: one sample's patches as a matrix [patch, positions], and back.</summary>
/// <remarks>
/// <para>
/// Row d = (channel, kernel row, kernel column) of the matrix, as in a row of the weight; column t = (output row, output
/// column). With W a group's weight [p, d] and g one sample's backprop [p, T]: y = W P, and the gradient of W is g P^T.
/// </para>
/// <para>The image pointers are at the first channel of the group. A strip takes some rows of the matrix and some output rows.</para>
/// </remarks>
internal static unsafe class Im2Col
{
    /// <summary>Whether the image itself is the patch matrix: 1 x 1 kernels that neither skip nor pad.</summary>
    public static bool IsIdentity(ConvolutionGeometry geometry) => geometry is
    {
        KernelHeight: 1, KernelWidth: 1, StrideHeight: 1, StrideWidth: 1, PadTop: 0, PadLeft: 0,
    } && geometry.OutHeight == geometry.Height && geometry.OutWidth == geometry.Width;

    /// <summary>Writes all patches of one group of one sample.</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="image">[C/groups, H, W].</param>
    /// <param name="patches">[<see cref="ConvolutionGeometry.PatchSize"/>, <see cref="ConvolutionGeometry.Positions"/>], overwritten.</param>
    public static void Gather(ConvolutionGeometry geometry, float* image, float* patches) =>
        Gather(geometry, image, 0, geometry.PatchSize, 0, geometry.OutHeight, patches);

    /// <summary>Writes a strip of the patches.</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="image">[C/groups, H, W].</param>
    /// <param name="row">First row of the matrix.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="outRow">First output row.</param>
    /// <param name="outRows">Output rows.</param>
    /// <param name="patches">[rows, outRows x out width], overwritten.</param>
    public static void Gather(ConvolutionGeometry geometry, float* image, int row, int rows, int outRow, int outRows, float* patches)
    {
        for (int r = row; r < row + rows; r++)
        {
            var tap = new Tap(geometry, r);
            for (int v = outRow; v < outRow + outRows; v++)
            {
                float* source = tap.Source(geometry, image, v);
                if (source == null)
                {
                    new Span<float>(patches, geometry.OutWidth).Clear();
                }
                else
                {
                    GatherRow(tap, geometry.StrideWidth, geometry.OutWidth, source, patches);
                }

                patches += geometry.OutWidth;
            }
        }
    }

    /// <summary>Adds all patch gradients of one group of one sample to the image: the transpose of <see cref="Gather(ConvolutionGeometry, float*, float*)"/>.</summary>
    public static void Scatter(ConvolutionGeometry geometry, float* patches, float* image) =>
        Scatter(geometry, patches, 0, geometry.PatchSize, 0, geometry.OutHeight, image);

    /// <summary>Adds a strip of patch gradients to the image, row by row of the matrix.</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="patches">[rows, outRows x out width].</param>
    /// <param name="row">First row of the matrix.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="outRow">First output row.</param>
    /// <param name="outRows">Output rows.</param>
    /// <param name="image">[C/groups, H, W], added to.</param>
    public static void Scatter(ConvolutionGeometry geometry, float* patches, int row, int rows, int outRow, int outRows, float* image)
    {
        for (int r = row; r < row + rows; r++)
        {
            var tap = new Tap(geometry, r);
            for (int v = outRow; v < outRow + outRows; v++)
            {
                float* target = tap.Source(geometry, image, v);
                if (target != null)
                {
                    ScatterRow(tap, geometry.StrideWidth, patches, target);
                }

                patches += geometry.OutWidth;
            }
        }
    }

    private static void GatherRow(in Tap tap, int stride, int outWidth, float* source, float* destination)
    {
        new Span<float>(destination, tap.First).Clear();
        int count = tap.End - tap.First;
        if (stride == 1)
        {
            new ReadOnlySpan<float>(source + tap.Column + tap.First, count).CopyTo(new Span<float>(destination + tap.First, count));
        }
        else
        {
            for (int u = tap.First; u < tap.End; u++)
            {
                destination[u] = source[tap.Column + ((nint)u * stride)];
            }
        }

        new Span<float>(destination + tap.End, outWidth - tap.End).Clear();
    }

    private static void ScatterRow(in Tap tap, int stride, float* source, float* target)
    {
        int count = tap.End - tap.First;
        if (stride == 1)
        {
            var sums = new Span<float>(target + tap.Column + tap.First, count);
            TensorPrimitives.Add(sums, new ReadOnlySpan<float>(source + tap.First, count), sums);
        }
        else
        {
            for (int u = tap.First; u < tap.End; u++)
            {
                target[tap.Column + ((nint)u * stride)] += source[u];
            }
        }
    }

    /// <summary>One row of the patch matrix: a pixel of the kernel and the outputs at which it lies inside the image.</summary>
    private readonly struct Tap
    {
        private readonly int _channel, _row;

        public Tap(ConvolutionGeometry g, int patch)
        {
            int kernelColumn = patch % g.KernelWidth, kernelRow = patch / g.KernelWidth % g.KernelHeight;
            _channel = patch / (g.KernelWidth * g.KernelHeight);
            _row = (kernelRow * g.DilationHeight) - g.PadTop;
            Column = (kernelColumn * g.DilationWidth) - g.PadLeft;
            First = Math.Clamp(CeilingOf(-Column, g.StrideWidth), 0, g.OutWidth);
            End = Math.Clamp(CeilingOf(g.Width - Column, g.StrideWidth), First, g.OutWidth);
        }

        /// <summary>Image column of output column 0; may lie outside.</summary>
        public int Column { get; }

        /// <summary>First output column that reads the image.</summary>
        public int First { get; }

        /// <summary>End of the output columns that read the image.</summary>
        public int End { get; }

        /// <summary>The image row that an output row reads; null outside the image.</summary>
        public float* Source(ConvolutionGeometry g, float* image, int outRow)
        {
            int row = (outRow * g.StrideHeight) + _row;
            return row >= 0 && row < g.Height ? image + ((((nint)_channel * g.Height) + row) * g.Width) : null;
        }

        private static int CeilingOf(int value, int divisor) => value <= 0 ? 0 : (value + divisor - 1) / divisor;
    }
}
