using KernelCore.Kernels;

namespace KernelCore.Conformance.PerSample;

/// <summary>Shape of one capture; <see cref="Build"/> fills it with random numbers.</summary>
public sealed record CaptureSpec(CaptureKind Kind, int Positions, Shape WeightShape, ChannelLayout Layout)
{
    /// <summary>Shape of a convolution.</summary>
    public ConvolutionGeometry? Geometry { get; init; }

    /// <summary>Row of a lookup without gradient.</summary>
    public int PaddingIndex { get; init; } = -1;

    /// <summary>Whether all samples look up the same rows, as position ids do.</summary>
    public bool SameIndices { get; init; }

    /// <summary>A Linear, weight [p, d].</summary>
    public static CaptureSpec Linear(int positions, int p, int d) =>
        new(CaptureKind.Linear, positions, [p, d], new ChannelLayout(positions, p, 1));

    /// <summary>A lookup in a table [rows, d].</summary>
    public static CaptureSpec Lookup(int positions, int rows, int d) =>
        new(CaptureKind.Lookup, positions, [rows, d], new ChannelLayout(positions, d, 1));

    /// <summary>Gamma of a norm over a block [outer, channels, inner] per sample.</summary>
    public static CaptureSpec ScaleShift(int outer, int channels, int inner) =>
        new(CaptureKind.ScaleShift, outer * inner, [channels], new ChannelLayout(outer, channels, inner));

    /// <summary>A weight added to every sample.</summary>
    public static CaptureSpec Broadcast(int rows, int columns) =>
        new(CaptureKind.Broadcast, rows, [rows, columns], new ChannelLayout(rows, columns, 1));

    /// <summary>A convolution; the padding is the same on both sides unless the output extent says otherwise.</summary>
    public static CaptureSpec Convolution(
        int c, int p, int height, int width, int kernelHeight, int kernelWidth, int groups = 1, int stride = 1, int padTop = 0, int padLeft = 0,
        int dilation = 1, int extraBottom = 0)
    {
        int outHeight = ((height + (2 * padTop) + extraBottom - (dilation * (kernelHeight - 1)) - 1) / stride) + 1;
        int outWidth = ((width + (2 * padLeft) - (dilation * (kernelWidth - 1)) - 1) / stride) + 1;
        var geometry = new ConvolutionGeometry(
            c, p, groups, height, width, kernelHeight, kernelWidth, stride, stride, padTop, padLeft, dilation, dilation, outHeight, outWidth);
        return new CaptureSpec(
            CaptureKind.Convolution, geometry.Positions, [p, c / groups, kernelHeight, kernelWidth], new ChannelLayout(1, p, geometry.Positions))
        {
            Geometry = geometry,
        };
    }

    /// <summary>Whether the layer's own output is linear in its weight, so that it gives the dot with it.</summary>
    public bool HasLinearOutput => Kind != CaptureKind.Broadcast;

    private int ActivationSize => Kind switch
    {
        CaptureKind.Linear => Positions * WeightShape[1],
        CaptureKind.Convolution => Geometry!.InputSize,
        CaptureKind.ScaleShift => Layout.Count,
        _ => 0,
    };

    /// <summary>Fills a capture with standard normal activations, backprops and outputs, and uniform indices.</summary>
    public LayerCapture Build(Device device, int batch, ulong stream)
    {
        Tensor Numbers(ulong part, int size) => device.Allocate([batch, size], TestNumbers.Normal((stream * 8) + part, batch * size));

        int[] indices = Kind == CaptureKind.Lookup ? TestNumbers.Integers((stream * 8) + 3, batch * Positions, WeightShape[0]) : [];
        for (int k = Positions; SameIndices && k < indices.Length; k++)
        {
            indices[k] = indices[k - Positions];
        }

        return new LayerCapture
        {
            Layer = Kind.ToString(),
            Kind = Kind,
            Batch = batch,
            Positions = Positions,
            WeightShape = WeightShape,
            Layout = Layout,
            Geometry = Geometry,
            PaddingIndex = PaddingIndex,
            Activation = ActivationSize == 0 && Kind is CaptureKind.Lookup or CaptureKind.Broadcast ? null : Numbers(0, ActivationSize),
            Backprop = Numbers(1, Layout.Count),
            Output = HasLinearOutput ? Numbers(2, Layout.Count) : null,
            Indices = Kind == CaptureKind.Lookup ? device.AllocateIndices([batch, Positions], indices) : null,
        };
    }
}
