namespace KernelCore.Kernels.Ilgpu;

/// <summary>Shape of a convolution, as kernels take it.</summary>
internal readonly struct ConvolutionShape(ConvolutionGeometry g)
{
    public readonly int Groups = g.Groups, GroupChannels = g.InChannels / g.Groups, GroupOutputs = g.OutChannelsPerGroup;
    public readonly int Height = g.Height, Width = g.Width, KernelHeight = g.KernelHeight, KernelWidth = g.KernelWidth;
    public readonly int StrideHeight = g.StrideHeight, StrideWidth = g.StrideWidth, PadTop = g.PadTop, PadLeft = g.PadLeft;
    public readonly int DilationHeight = g.DilationHeight, DilationWidth = g.DilationWidth, OutHeight = g.OutHeight, OutWidth = g.OutWidth;

    /// <summary>Elements of the kernel of one channel.</summary>
    public int Taps => KernelHeight * KernelWidth;
}
