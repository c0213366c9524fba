namespace KernelCore.Kernels;

/// <summary>Shape of a 2-D convolution (1-D is height 1). Images are [batch, channels, height, width].</summary>
/// <param name="InChannels">Input channels C.</param>
/// <param name="OutChannels">Output channels p.</param>
/// <param name="Groups">Groups; C and p are multiples of it. Group q maps input channels [qC/g, (q+1)C/g) to outputs [qp/g, (q+1)p/g).</param>
/// <param name="Height">Input height.</param>
/// <param name="Width">Input width.</param>
/// <param name="KernelHeight">Kernel rows.</param>
/// <param name="KernelWidth">Kernel columns.</param>
/// <param name="StrideHeight">Vertical stride.</param>
/// <param name="StrideWidth">Horizontal stride.</param>
/// <param name="PadTop">Zero rows above the image. The padding below follows from <paramref name="OutHeight"/>.</param>
/// <param name="PadLeft">Zero columns left of the image. The padding on the right follows from <paramref name="OutWidth"/>.</param>
/// <param name="DilationHeight">Vertical distance between kernel rows.</param>
/// <param name="DilationWidth">Horizontal distance between kernel columns.</param>
/// <param name="OutHeight">Output height.</param>
/// <param name="OutWidth">Output width.</param>
public sealed record ConvolutionGeometry(
    int InChannels, int OutChannels, int Groups, int Height, int Width, int KernelHeight, int KernelWidth,
    int StrideHeight, int StrideWidth, int PadTop, int PadLeft, int DilationHeight, int DilationWidth,
    int OutHeight, int OutWidth)
{
    /// <summary>Output positions per sample, T.</summary>
    public int Positions => OutHeight * OutWidth;

    /// <summary>Length of one patch of one group, d = C/groups x kernel height x kernel width: columns of the weight matrix.</summary>
    public int PatchSize => InChannels / Groups * KernelHeight * KernelWidth;

    /// <summary>Output channels of one group.</summary>
    public int OutChannelsPerGroup => OutChannels / Groups;

    /// <summary>Elements of one input image.</summary>
    public int InputSize => InChannels * Height * Width;

    /// <summary>Elements of one output image.</summary>
    public int OutputSize => OutChannels * OutHeight * OutWidth;
}

/// <summary>Shape of a 2-D pooling window sliding over planes of [height, width].</summary>
/// <param name="Height">Input height.</param>
/// <param name="Width">Input width.</param>
/// <param name="KernelHeight">Window rows.</param>
/// <param name="KernelWidth">Window columns.</param>
/// <param name="StrideHeight">Vertical stride.</param>
/// <param name="StrideWidth">Horizontal stride.</param>
/// <param name="PadHeight">Padding above and below: minus infinity for a maximum, zeros that count for an average.</param>
/// <param name="PadWidth">Padding left and right.</param>
/// <param name="OutHeight">Output height.</param>
/// <param name="OutWidth">Output width.</param>
public sealed record PoolGeometry(
    int Height, int Width, int KernelHeight, int KernelWidth, int StrideHeight, int StrideWidth,
    int PadHeight, int PadWidth, int OutHeight, int OutWidth);

/// <summary>Where the channel axis lies: element (o, c, i) of a block [Outer, Channels, Inner].</summary>
/// <param name="Outer">Product of the axes before the channel axis.</param>
/// <param name="Channels">Extent of the channel axis.</param>
/// <param name="Inner">Product of the axes after it.</param>
public readonly record struct ChannelLayout(int Outer, int Channels, int Inner)
{
    /// <summary>Elements of the block.</summary>
    public int Count => Outer * Channels * Inner;
}

/// <summary>Shape of multi-head self-attention on a packed projection [batch, tokens, 3 x heads x head size].</summary>
/// <param name="Batch">Samples.</param>
/// <param name="Tokens">Tokens per sample, T.</param>
/// <param name="Heads">Heads.</param>
/// <param name="HeadSize">Width of one head; scores are scaled by 1/sqrt(HeadSize).</param>
public readonly record struct AttentionGeometry(int Batch, int Tokens, int Heads, int HeadSize)
{
    /// <summary>Model width, heads x head size.</summary>
    public int Width => Heads * HeadSize;
}

/// <summary>Elementwise non-linearities.</summary>
public enum ActivationKind
{
    /// <summary>max(x, 0); derivative 0 at 0.</summary>
    Relu,

    /// <summary>x for x > 0, slope x otherwise.</summary>
    LeakyRelu,

    /// <summary>x Phi(x), with the normal distribution function through erf.</summary>
    Gelu,

    /// <summary>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,

    /// <summary>x sigmoid(x).</summary>
    Silu,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>1 / (1 + exp(-x)).</summary>
    Sigmoid,

    /// <summary>log(1 + exp(x)), computed without overflow.</summary>
    Softplus,
}

/// <summary>A window on a tensor, read as a row-major matrix with a row stride.</summary>
/// <param name="Tensor">The memory.</param>
/// <param name="Offset">First element.</param>
/// <param name="Rows">Rows as stored.</param>
/// <param name="Columns">Columns as stored.</param>
/// <param name="Stride">Elements between rows; at least <paramref name="Columns"/>.</param>
public readonly record struct Matrix(Tensor Tensor, long Offset, int Rows, int Columns, int Stride)
{
    /// <summary>A contiguous matrix of the given extents over a whole tensor.</summary>
    public Matrix(Tensor tensor, int rows, int columns) : this(tensor, 0, rows, columns, columns) { }

    /// <summary>A tensor as a matrix: the last axis gives the columns, all axes before it the rows.</summary>
    public static Matrix Of(Tensor tensor)
    {
        int columns = tensor.Shape[-1];
        return new Matrix(tensor, columns == 0 ? 0 : checked((int)(tensor.Count / columns)), columns);
    }
}
