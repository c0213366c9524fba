namespace KernelCore.Kernels;

/// <summary>How the gradient of a layer's parameters follows from its capture.</summary>
public enum CaptureKind
{
    /// <summary>Weight [p, d]: grad_i = sum_t g_it a_it^T. Activation [batch, T, d], backprop [batch, T, p].</summary>
    Linear,

    /// <summary>Weight [p, C/groups, kh, kw]; a_it are the patches of the image. Activation [batch, C, H, W], backprop [batch, p, OH, OW].</summary>
    Convolution,

    /// <summary>Weight [V, d]: row v of grad_i = sum of g_it over positions t with index v. Indices [batch, T], backprop [batch, T, d].</summary>
    Lookup,

    /// <summary>Weight gamma [channels]: grad_ic = sum over positions of g xhat. Activation xhat and backprop in <see cref="LayerCapture.Layout"/> per sample.</summary>
    ScaleShift,

    /// <summary>A weight added to every sample alike: grad_i = g_i. Backprop [batch, ...weight shape].</summary>
    Broadcast,
}

/// <summary>
/// What one use of one parametric layer leaves behind in a forward and a backward pass: all that the per-sample
/// engine sees. Backprops are gradients of each sample's own loss (sum reduction: no 1/batch in them).
/// </summary>
/// <remarks>The tensors belong to the pass that made the capture and are valid until the next pass on the same model.</remarks>
public sealed record LayerCapture
{
    /// <summary>Name of the layer, prefix of its parameter names: <c>3.body.0</c>.</summary>
    public required string Layer { get; init; }

    /// <summary>Gradient rule.</summary>
    public required CaptureKind Kind { get; init; }

    /// <summary>Samples.</summary>
    public required int Batch { get; init; }

    /// <summary>Positions per sample T that share the weight: 1 for a Linear on vectors.</summary>
    public required int Positions { get; init; }

    /// <summary>Shape of the weight.</summary>
    public required Shape WeightShape { get; init; }

    /// <summary>Position of the weight in the model's parameters; -1 when absent or frozen.</summary>
    public int WeightIndex { get; init; } = -1;

    /// <summary>Position of the bias in the model's parameters; -1 when absent or frozen.</summary>
    public int BiasIndex { get; init; } = -1;

    /// <summary>Values of the bias, frozen or not; null when the layer has none.</summary>
    public Tensor? Bias { get; init; }

    /// <summary>Layer input A (xhat for norms); null for lookups and broadcasts.</summary>
    public Tensor? Activation { get; init; }

    /// <summary>Row indices of a lookup, [batch, T].</summary>
    public IndexTensor? Indices { get; init; }

    /// <summary>Row of a lookup whose gradient is defined as zero (PyTorch's padding_idx); -1 for none.</summary>
    public int PaddingIndex { get; init; } = -1;

    /// <summary>G, the gradient of each sample's loss with respect to the layer's output.</summary>
    public required Tensor Backprop { get; init; }

    /// <summary>Z, the layer's output including the bias, where it is still there: makes the dot with the own weights free.</summary>
    public Tensor? Output { get; init; }

    /// <summary>Shape of a convolution.</summary>
    public ConvolutionGeometry? Geometry { get; init; }

    /// <summary>Layout of one sample's backprop around the bias axis: (T, p, 1) for Linear, (1, p, OH x OW) for convolutions.</summary>
    public required ChannelLayout Layout { get; init; }

    /// <summary>Why per-sample gradients do not exist here (batch statistics couple the samples); null when they do.</summary>
    public string? CouplingReason { get; init; }

    /// <summary>Rows of the weight seen as a matrix.</summary>
    public int WeightRows => WeightShape[0];

    /// <summary>Columns of the weight seen as a matrix: d, the patch size, or 1.</summary>
    public int WeightColumns => WeightShape[0] == 0 ? 0 : checked((int)(WeightShape.Count / WeightShape[0]));
}
