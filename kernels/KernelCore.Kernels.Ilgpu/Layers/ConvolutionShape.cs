namespace KernelCore.Kernels.Ilgpu;

/// <summary>Shape of a convolution, as kernels take it.</summary>
internal readonly struct ConvolutionShape(ConvolutionGeometry g)
{
    public readonly int GroupChannels = g.InChannels / g.Groups, GroupOutputs = g.OutChannelsPerGroup;
    public readonly int Height = g.Height, OutHeight = g.OutHeight, PadTop = g.PadTop, PadLeft = g.PadLeft;
    public readonly int DilationHeight = g.DilationHeight, DilationWidth = g.DilationWidth;
    public readonly Divisor Groups = new(g.Groups), Width = new(g.Width), OutWidth = new(g.OutWidth), KernelWidth = new(g.KernelWidth);
    public readonly Divisor StrideHeight = new(g.StrideHeight), StrideWidth = new(g.StrideWidth);

    /// <summary>Pixels of the channels of one group.</summary>
    public readonly int GroupPixels = g.InChannels / g.Groups * g.Height * g.Width;

    /// <summary>Elements of the kernel of one channel.</summary>
    public readonly Divisor Taps = new(g.KernelHeight * g.KernelWidth);

    /// <summary>Outputs of one channel.</summary>
    public readonly Divisor Positions = new(g.OutHeight * g.OutWidth);
}
