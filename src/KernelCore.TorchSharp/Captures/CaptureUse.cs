using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>One use of a layer's parameters in a forward pass, and how it becomes a capture.</summary>
/// <param name="Layer">Name of the module.</param>
/// <param name="Weight">Position of the weight in the parameters; -1 for none.</param>
/// <param name="Bias">Position of the bias; -1 for none.</param>
internal abstract record CaptureUse(string Layer, int Weight, int Bias)
{
    /// <summary>What the weight is applied to, as the rule gave it; null where nothing is.</summary>
    public TorchTensor? Input { get; init; }

    /// <summary>Whether samples may be anywhere but on the first axis.</summary>
    public virtual bool AllowsAnyAxis => false;

    /// <summary>Turns the tensors of this use into a capture.</summary>
    /// <param name="parts">The tensors, samples first, and the parameters.</param>
    public abstract LayerCapture ToCapture(CaptureParts parts);
}

/// <summary>y = x W^T + b on the last axis.</summary>
internal sealed record LinearUse(string Layer, int Weight, int Bias) : CaptureUse(Layer, Weight, Bias)
{
    public override bool AllowsAnyAxis => true;

    public override LayerCapture ToCapture(CaptureParts parts)
    {
        Shape output = TorchMemory.ShapeOf(parts.Backprop);
        int positions = Positions(output, output[-1]);
        return parts.Create(
            this, CaptureKind.Linear, positions, new ChannelLayout(positions, output[-1], 1), activation: parts.Memory.Export(parts.Input!));
    }

    internal static int Positions(Shape output, long channels) => checked((int)(output.Count / Math.Max(1, output[0] * channels)));
}

/// <summary>Rows of a table.</summary>
internal sealed record LookupUse(string Layer, int Weight, int PaddingIndex, string? Coupling) : CaptureUse(Layer, Weight, -1)
{
    public override bool AllowsAnyAxis => true;

    public override LayerCapture ToCapture(CaptureParts parts)
    {
        Shape output = TorchMemory.ShapeOf(parts.Backprop);
        int positions = LinearUse.Positions(output, output[-1]);
        return parts.Create(this, CaptureKind.Lookup, positions, new ChannelLayout(positions, output[-1], 1)) with
        {
            Indices = parts.Memory.ExportIndices(parts.Input!, [output[0], positions]),
            PaddingIndex = PaddingIndex,
            CouplingReason = Coupling,
        };
    }
}

/// <summary>y = gamma xhat + beta along the channels, which are all axes from one on, or one axis.</summary>
/// <param name="ChannelAxis">First channel axis, samples first.</param>
/// <param name="ToLast">Whether the axes after it are channels too.</param>
internal sealed record ScaleShiftUse(string Layer, int Weight, int Bias, int ChannelAxis, bool ToLast, string? Coupling) : CaptureUse(Layer, Weight, Bias)
{
    public override bool AllowsAnyAxis => ToLast;

    public override LayerCapture ToCapture(CaptureParts parts)
    {
        Shape output = TorchMemory.ShapeOf(parts.Backprop);
        int axis = ChannelAxis < 0 ? output.Rank + ChannelAxis : ChannelAxis;
        int outer = Product(output, 1, axis), channels = ToLast ? Product(output, axis, output.Rank) : output[axis];
        int inner = ToLast ? 1 : Product(output, axis + 1, output.Rank);
        return parts.Create(
            this, CaptureKind.ScaleShift, outer * inner, new ChannelLayout(outer, channels, inner), activation: parts.Memory.Export(parts.Input!)) with
        {
            WeightShape = [channels],
            CouplingReason = Coupling,
        };
    }

    private static int Product(Shape shape, int from, int to) => Enumerable.Range(from, to - from).Aggregate(1, (product, axis) => product * shape[axis]);
}

/// <summary>A weight added to every sample.</summary>
internal sealed record BroadcastUse(string Layer, int Weight) : CaptureUse(Layer, Weight, -1)
{
    public override LayerCapture ToCapture(CaptureParts parts)
    {
        Shape sample = TorchMemory.ShapeOf(parts.Backprop).DropFirst();
        return parts.Create(this, CaptureKind.Broadcast, 1, new ChannelLayout(1, checked((int)sample.Count), 1)) with { Output = null };
    }
}

/// <summary>A 1-D or 2-D convolution.</summary>
internal sealed record ConvolutionUse(string Layer, int Weight, int Bias, ConvolutionWindow Window) : CaptureUse(Layer, Weight, Bias)
{
    public override LayerCapture ToCapture(CaptureParts parts)
    {
        ConvolutionGeometry geometry = Window.Geometry(TorchMemory.ShapeOf(parts.Input!), TorchMemory.ShapeOf(parts.Backprop));
        return parts.Create(
            this, CaptureKind.Convolution, geometry.Positions, new ChannelLayout(1, geometry.OutChannels, geometry.Positions),
            activation: parts.Memory.Export(parts.Input!)) with
        {
            Geometry = geometry,
        };
    }
}
