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
            for (int o = 0; o < lines; o++)
            {
                float* destination = columns + ((long)r * stride) + (o * OutWidth);
                int inputLine = ((line + o) * _strideHeight) + (y * _dilationHeight) - _padTop;
                if ((uint)inputLine >= (uint)_height)
                {
                    new Span<float>(destination, OutWidth).Clear();
                    continue;
                }

                new Span<float>(destination, first).Clear();
                Gather(plane + ((long)inputLine * _width) + left, first, last, destination);
                new Span<float>(destination + last, OutWidth - last).Clear();
            }
        }
    }

    private void Gather(float* line, int first, int last, float* destination)
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
