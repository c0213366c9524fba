namespace KernelCore.Kernels.Cpu;

/// <summary>
/// The patch matrix of one image and group, col [C/groups x kh x kw, OH x OW]: row (c, y, x) holds what kernel element
/// (c, y, x) sees at every output position, zeros where it lies outside the image.
/// </summary>
/// <remarks>The gradient of a convolution's weight is G col^T per group, so a range of its columns needs only those rows.</remarks>
internal readonly unsafe struct PatchGeometry(ConvolutionGeometry geometry)
{
    public readonly int Groups = geometry.Groups;
    public readonly int RowsPerGroup = geometry.OutChannelsPerGroup;
    public readonly int OutHeight = geometry.OutHeight;
    public readonly int OutWidth = geometry.OutWidth;

    /// <summary>Whether every patch is one pixel, so that the image itself is the patch matrix.</summary>
    public readonly bool IsPointwise =
        geometry is { KernelHeight: 1, KernelWidth: 1, StrideHeight: 1, StrideWidth: 1, PadTop: 0, PadLeft: 0 }
        && geometry.OutHeight == geometry.Height && geometry.OutWidth == geometry.Width;

    private readonly bool _keepsWidth = geometry.StrideHeight == 1 && geometry.StrideWidth == 1 && geometry.OutWidth == geometry.Width;
    private readonly int _channels = geometry.InChannels / geometry.Groups;
    private readonly int _height = geometry.Height, _width = geometry.Width;
    private readonly int _kernelHeight = geometry.KernelHeight, _kernelWidth = geometry.KernelWidth;
    private readonly int _strideHeight = geometry.StrideHeight, _strideWidth = geometry.StrideWidth;
    private readonly int _padTop = geometry.PadTop, _padLeft = geometry.PadLeft;
    private readonly int _dilationHeight = geometry.DilationHeight, _dilationWidth = geometry.DilationWidth;

    /// <summary>First pixel of a group's channels.</summary>
    public float* GroupImage(float* image, int group) => image + ((long)group * _channels * _height * _width);

    /// <summary>Writes rows [row, row + rows) of the patch matrix for output lines [line, line + lines).</summary>
    /// <param name="image">First pixel of the group's channels.</param>
    /// <param name="row">First patch element.</param>
    /// <param name="rows">Patch elements.</param>
    /// <param name="line">First output line.</param>
    /// <param name="lines">Output lines.</param>
    /// <param name="columns">Destination; row r starts at r x stride.</param>
    /// <param name="stride">Elements between its rows, at least lines x OW.</param>
    public void Extract(float* image, int row, int rows, int line, int lines, float* columns, int stride)
    {
        for (int r = 0; r < rows; r++)
        {
            (int channelAndY, int x) = Math.DivRem(row + r, _kernelWidth);
            (int channel, int y) = Math.DivRem(channelAndY, _kernelHeight);
            float* plane = image + ((long)channel * _height * _width);
            int left = (x * _dilationWidth) - _padLeft;

            // Output columns [first, last) see pixels inside the image.
            int first = Math.Min(OutWidth, left >= 0 ? 0 : (-left + _strideWidth - 1) / _strideWidth);
            int last = left >= _width ? first : Math.Clamp(((_width - 1 - left) / _strideWidth) + 1, first, OutWidth);
            int top = (line * _strideHeight) + (y * _dilationHeight) - _padTop;
            float* destination = columns + ((long)r * stride);
            if (_keepsWidth)
            {
                Shift(plane, top, left, first, last, lines, destination);
            }
            else
            {
                Gather(plane, top, left, first, last, lines, destination);
            }
        }
    }

    /// <summary>Output as wide as the input: the row is the plane moved by a constant, but for the columns that fall outside.</summary>
    private void Shift(float* plane, int top, int left, int first, int last, int lines, float* destination)
    {
        // Lines [begin, end) see the image; elements [from, to) of them lie in the plane, the rest is border.
        int begin = Math.Clamp(-top, 0, lines), end = Math.Clamp(_height - top, begin, lines);
        new Span<float>(destination, begin * OutWidth).Clear();
        new Span<float>(destination + (end * OutWidth), (lines - end) * OutWidth).Clear();
        if (begin == end)
        {
            return;
        }

        int offset = ((top + begin) * _width) + left, count = (end - begin) * OutWidth;
        int from = Math.Clamp(-offset, 0, count), to = Math.Clamp((_height * _width) - offset, from, count);
        float* target = destination + (begin * OutWidth);
        new ReadOnlySpan<float>(plane + offset + from, to - from).CopyTo(new Span<float>(target + from, to - from));
        for (float* row = target; row < target + count; row += OutWidth)
        {
            for (int o = 0; o < first; o++)
            {
                row[o] = 0;
            }

            for (int o = last; o < OutWidth; o++)
            {
                row[o] = 0;
            }
        }
    }

    private void Gather(float* plane, int top, int left, int first, int last, int lines, float* destination)
    {
        for (int o = 0; o < lines; o++, destination += OutWidth)
        {
            int inputLine = top + (o * _strideHeight);
            if ((uint)inputLine >= (uint)_height)
            {
                new Span<float>(destination, OutWidth).Clear();
                continue;
            }

            new Span<float>(destination, first).Clear();
            GatherLine(plane + ((long)inputLine * _width) + left, first, last, destination);
            new Span<float>(destination + last, OutWidth - last).Clear();
        }
    }

    private void GatherLine(float* line, int first, int last, float* destination)
    {
        if (_strideWidth == 1)
        {
            new ReadOnlySpan<float>(line + first, last - first).CopyTo(new Span<float>(destination + first, last - first));
            return;
        }

        for (int o = first; o < last; o++)
        {
            destination[o] = line[o * _strideWidth];
        }
    }
}
