using System.Numerics.Tensors;

namespace KernelCore.Kernels.Cpu;

/// <summary>Turns a convolution into a matrix product: the patches of one image and group as a matrix [patch, positions], and back.</summary>
/// <remarks>
/// <para>
/// Row d = (channel, kernel row, kernel column) of the matrix, as in a row of the weight; column t = (output row, output
/// column); zeros where a patch leaves the image. With W a group's weight [p, d] and g one sample's backprop [p, T]:
/// y = W P, and the gradient of W is g P^T.
/// </para>
/// <para>The image pointers are at the first channel of the group. A strip takes some rows of the matrix and some output rows.</para>
/// </remarks>
internal readonly unsafe struct Im2Col(ConvolutionGeometry geometry)
{
    public readonly int Groups = geometry.Groups;

    /// <summary>Input and output channels of one group.</summary>
    public readonly int Channels = geometry.InChannels / geometry.Groups, OutChannels = geometry.OutChannelsPerGroup;

    /// <summary>Elements of a kernel: rows of the patch matrix per channel.</summary>
    public readonly int Kernel = geometry.KernelHeight * geometry.KernelWidth;

    /// <summary>Elements of one channel of the image.</summary>
    public readonly int Plane = geometry.Height * geometry.Width;

    public readonly int OutHeight = geometry.OutHeight, OutWidth = geometry.OutWidth;

    /// <summary>Whether the image itself is the patch matrix: 1 x 1 kernels that neither skip nor pad.</summary>
    public readonly bool IsIdentity =
        geometry is { KernelHeight: 1, KernelWidth: 1, StrideHeight: 1, StrideWidth: 1, PadTop: 0, PadLeft: 0 }
        && geometry.OutHeight == geometry.Height && geometry.OutWidth == geometry.Width;

    // Then output rows follow each other in memory as the image's rows do: a row of the matrix is the plane, shifted.
    private readonly bool _keepsWidth = geometry.StrideHeight == 1 && geometry.StrideWidth == 1 && geometry.OutWidth == geometry.Width;
    private readonly int _height = geometry.Height, _width = geometry.Width, _kernelHeight = geometry.KernelHeight, _kernelWidth = geometry.KernelWidth;
    private readonly int _strideHeight = geometry.StrideHeight, _strideWidth = geometry.StrideWidth, _padTop = geometry.PadTop, _padLeft = geometry.PadLeft;
    private readonly int _dilationHeight = geometry.DilationHeight, _dilationWidth = geometry.DilationWidth;

    /// <summary>Rows of the patch matrix.</summary>
    public int PatchSize => Channels * Kernel;

    /// <summary>Columns of the patch matrix.</summary>
    public int Positions => OutHeight * OutWidth;

    /// <summary>First pixel of a group's channels.</summary>
    public float* GroupImage(float* image, int group) => image + ((nint)group * Channels * Plane);

    /// <summary>Output rows of a strip with some rows of the matrix and about so many elements.</summary>
    public int StripRows(int rows, int elements) => (int)Math.Clamp(elements / Math.Max(1L, (long)rows * OutWidth), 1, Math.Max(1, OutHeight));

    /// <summary>Writes a strip of the patches.</summary>
    /// <param name="image">[C/groups, H, W].</param>
    /// <param name="row">First row of the matrix.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="outRow">First output row.</param>
    /// <param name="outRows">Output rows.</param>
    /// <param name="patches">[rows, outRows x out width], overwritten.</param>
    /// <param name="stride">Elements between rows of the strip.</param>
    public void Gather(float* image, int row, int rows, int outRow, int outRows, float* patches, int stride)
    {
        for (int r = row; r < row + rows; r++, patches += stride)
        {
            Tap tap = this[r];
            float* plane = image + ((nint)tap.Channel * Plane);
            int top = tap.Row + (outRow * _strideHeight);
            if (_keepsWidth)
            {
                (int first, int end, int offset) = Shifted(tap, top, outRows);
                new Span<float>(patches, first).Clear();
                Buffer.MemoryCopy(plane + first + offset, patches + first, (end - first) * sizeof(float), (end - first) * sizeof(float));
                new Span<float>(patches + end, (outRows * OutWidth) - end).Clear();
                ClearBorder(tap, outRows, patches);
                continue;
            }

            float* line = patches;
            for (int v = 0; v < outRows; v++, line += OutWidth, top += _strideHeight)
            {
                if ((uint)top < (uint)_height)
                {
                    GatherLine(tap, plane + ((nint)top * _width) + tap.Column, line);
                }
                else
                {
                    new Span<float>(line, OutWidth).Clear();
                }
            }
        }
    }

    /// <summary>Adds a strip of patch gradients to the image, row by row of the matrix: the transpose of <see cref="Gather"/>.</summary>
    /// <param name="patches">[rows, outRows x out width], contiguous; what lies outside the image may be overwritten.</param>
    /// <param name="row">First row of the matrix.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="outRow">First output row.</param>
    /// <param name="outRows">Output rows.</param>
    /// <param name="image">[C/groups, H, W], added to.</param>
    public void Scatter(float* patches, int row, int rows, int outRow, int outRows, float* image)
    {
        for (int r = row; r < row + rows; r++, patches += (nint)outRows * OutWidth)
        {
            Tap tap = this[r];
            float* plane = image + ((nint)tap.Channel * Plane);
            int top = tap.Row + (outRow * _strideHeight);
            if (_keepsWidth)
            {
                (int first, int end, int offset) = Shifted(tap, top, outRows);
                ClearBorder(tap, outRows, patches);
                Add(patches + first, plane + first + offset, end - first);
                continue;
            }

            float* line = patches;
            for (int v = 0; v < outRows; v++, line += OutWidth, top += _strideHeight)
            {
                if ((uint)top < (uint)_height)
                {
                    ScatterLine(tap, line, plane + ((nint)top * _width) + tap.Column);
                }
            }
        }
    }

    /// <summary>Where elements [first, end) of a row of the strip lie in the plane: at their index + offset.</summary>
    private (int First, int End, int Offset) Shifted(in Tap tap, int top, int outRows)
    {
        int offset = (top * _width) + tap.Column, count = outRows * OutWidth;
        int first = Math.Clamp(-offset, 0, count);
        return (first, Math.Clamp(Plane - offset, first, count), offset);
    }

    /// <summary>Zeros the columns of a shifted plane that have come round from the neighbouring row.</summary>
    private void ClearBorder(in Tap tap, int outRows, float* patches)
    {
        for (float* line = patches, last = patches + ((nint)outRows * OutWidth); line < last; line += OutWidth)
        {
            for (int u = 0; u < tap.First; u++)
            {
                line[u] = 0;
            }

            for (int u = tap.End; u < OutWidth; u++)
            {
                line[u] = 0;
            }
        }
    }

    private void GatherLine(in Tap tap, float* source, float* line)
    {
        new Span<float>(line, tap.First).Clear();
        if (_strideWidth == 1)
        {
            int count = tap.End - tap.First;
            new ReadOnlySpan<float>(source + tap.First, count).CopyTo(new Span<float>(line + tap.First, count));
        }
        else
        {
            for (int u = tap.First; u < tap.End; u++)
            {
                line[u] = source[(nint)u * _strideWidth];
            }
        }

        new Span<float>(line + tap.End, OutWidth - tap.End).Clear();
    }

    private void ScatterLine(in Tap tap, float* line, float* target)
    {
        if (_strideWidth == 1)
        {
            Add(line + tap.First, target + tap.First, tap.End - tap.First);
            return;
        }

        for (int u = tap.First; u < tap.End; u++)
        {
            target[(nint)u * _strideWidth] += line[u];
        }
    }

    private static void Add(float* source, float* target, int count)
    {
        var sums = new Span<float>(target, count);
        TensorPrimitives.Add(sums, new ReadOnlySpan<float>(source, count), sums);
    }

    private Tap this[int row]
    {
        get
        {
            (int channel, int element) = Math.DivRem(row, Kernel);
            (int kernelRow, int kernelColumn) = Math.DivRem(element, _kernelWidth);
            int column = (kernelColumn * _dilationWidth) - _padLeft;
            int first = Math.Clamp(Steps(-column), 0, OutWidth);
            return new Tap(channel, (kernelRow * _dilationHeight) - _padTop, column, first, Math.Clamp(Steps(_width - column), first, OutWidth));
        }
    }

    /// <summary>Output columns that a distance in the image spans, rounded up.</summary>
    private int Steps(int distance) => distance <= 0 ? 0 : (distance + _strideWidth - 1) / _strideWidth;

    /// <summary>One row of the patch matrix: where output row and column 0 read the image, and the output columns [First, End) that read inside it.</summary>
    private readonly record struct Tap(int Channel, int Row, int Column, int First, int End);
}
