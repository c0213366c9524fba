namespace KernelCore.Kernels;

/// <summary>The shapes of the kernels behind the operations of <see cref="IKernels"/>. Launches, the roofline and benchmarks take them from here.</summary>
/// <remarks>
/// Counted are operands and arithmetic of the formulas, as if every operand came from memory once however often it is used. An
/// exponential, logarithm or error function counts as its polynomial: <see cref="Elementary"/> operations in float32,
/// <see cref="DoubleElementary"/> in double. Integers are free.
/// </remarks>
internal static class KernelShapes
{
    public const int Elementary = 20, DoubleElementary = 32;

    /// <summary>y += alpha x.</summary>
    public static LoopShape Axpy(long count) => new(1, count, new Cost(Reads: 2, Writes: 1, Flops: 2));

    public static LoopShape Scale(long count) => new(1, count, new Cost(Reads: 1, Writes: 1, Flops: 1));

    /// <summary>x . y in blocks that a warp each sums, in double.</summary>
    public static LoopShape Dot(long blocks, long size) => new(blocks, size, new Cost(Reads: 2, DoubleFlops: 2), new Cost(Writes: 2));

    /// <summary>With momentum.</summary>
    public static LoopShape Sgd(long count) => new(1, count, new Cost(Reads: 3, Writes: 2, Flops: 6));

    public static LoopShape Adam(long count) => new(1, count, new Cost(Reads: 4, Writes: 3, Flops: 16));

    public static LoopShape Activation(long count) => new(1, count, new Cost(Reads: 1, Writes: 1, Flops: Elementary + 2));

    /// <summary>From the input or the output, whichever the derivative needs.</summary>
    public static LoopShape ActivationGradient(long count) => new(1, count, new Cost(Reads: 2, Writes: 1, Flops: Elementary + 4));

    public static LoopShape ActivationGradientTangent(long count) => new(1, count, new Cost(Reads: 4, Writes: 1, Flops: Elementary + 8));

    /// <summary>y = a + b, b repeated for every row.</summary>
    public static LoopShape Add(long rows, long columns) => new(rows, columns, new Cost(Reads: 1, Writes: 1, Flops: 1), SharedReads: columns);

    /// <summary>y = gamma_c x + beta_c.</summary>
    public static LoopShape ScaleShift(ChannelLayout layout) => Channels(layout, new Cost(Reads: 1, Writes: 1, Flops: 2), shared: 2);

    /// <summary>(x - mean_c) / deviation_c.</summary>
    public static LoopShape Standardize(ChannelLayout layout) => Channels(layout, new Cost(Reads: 1, Writes: 1, Flops: 2), shared: 2);

    /// <summary>Mean and variance of every channel, from two passes in double.</summary>
    public static LoopShape ChannelStatistics(ChannelLayout layout) =>
        new(layout.Channels, (long)layout.Outer * layout.Inner, new Cost(Reads: 1, DoubleFlops: 4), new Cost(Writes: 2));

    /// <summary>Rows to mean 0 and variance 1, from two passes in double.</summary>
    public static LoopShape SegmentNorm(long segments, long length) =>
        new(segments, length, new Cost(Reads: 1, Writes: 1, DoubleFlops: 6), new Cost(Writes: 1));

    /// <summary>The product with the Jacobian of <see cref="SegmentNorm"/>: its gradient, and its tangent.</summary>
    public static LoopShape SegmentJacobian(long segments, long length) =>
        new(segments, length, new Cost(Reads: 2, Writes: 1, Flops: 4, DoubleFlops: 3), new Cost(Reads: 1));

    public static LoopShape Softmax(long rows, long width) => new(rows, width, new Cost(Reads: 1, Writes: 1, Flops: Elementary + 3, DoubleFlops: 1));

    public static LoopShape SoftmaxJacobian(long rows, long width) => new(rows, width, new Cost(Reads: 2, Writes: 1, Flops: 2, DoubleFlops: 2));

    /// <summary>Loss and cotangent of labels.</summary>
    public static LoopShape CrossEntropy(long samples, long classes) =>
        new(samples, classes, new Cost(Reads: 1, Writes: 1, Flops: Elementary + 3, DoubleFlops: 1), new Cost(Reads: 1, Writes: 1));

    /// <summary>Loss and cotangent of targets.</summary>
    public static LoopShape SoftCrossEntropy(long samples, long classes) =>
        new(samples, classes, new Cost(Reads: 2, Writes: 1, Flops: Elementary + 5, DoubleFlops: 5), new Cost(Writes: 1));

    /// <summary>The product with the Hessian of the cross-entropy in logits.</summary>
    public static LoopShape CrossEntropyCurvature(long samples, long classes) =>
        new(samples, classes, new Cost(Reads: 2, Writes: 1, Flops: (2 * Elementary) + 6, DoubleFlops: 4));

    public static LoopShape SquaredError(long samples, long width) =>
        new(samples, width, new Cost(Reads: 2, Writes: 1, Flops: 1, DoubleFlops: 3), new Cost(Writes: 1));

    /// <summary>All quantities of the head from one pass over the logits, in double; the norm of its input, too.</summary>
    public static LoopShape HeadScores(long samples, long classes, long width) => new(
        samples, classes, new Cost(Reads: 1, Flops: 1, DoubleFlops: DoubleElementary + 10),
        new Cost(Reads: 1 + width, Writes: ILossKernels.HeadQuantities, DoubleFlops: 2 * width), SharedReads: classes);

    /// <summary>Dots of rows with rows, or with themselves, in double.</summary>
    public static LoopShape RowSums(long rows, long length) => new(rows, length, new Cost(Reads: 2, DoubleFlops: 2), new Cost(Writes: 2));

    public static ProductShape Gemm(int rows, int columns, int depth) => new(1, rows, columns, depth);

    /// <summary>A product C, and f(C) beside it.</summary>
    public static ProductShape ActivatedGemm(int rows, int columns, int depth) =>
        Gemm(rows, columns, depth) with { Result = new(Writes: 2, Flops: Activation(1).Element.Flops) };

    /// <summary>Weights by patches, a product for each (sample, group) pair.</summary>
    public static ProductShape Convolution(ConvolutionGeometry g, int batch) => new(batch * g.Groups, g.OutChannelsPerGroup, g.Positions, g.PatchSize)
    {
        LeftWords = (double)g.OutChannels * g.PatchSize, RightWords = (double)batch * g.InputSize,
    };

    /// <summary>Transposed weights by output gradients.</summary>
    public static ProductShape ConvolutionInputGradient(ConvolutionGeometry g, int batch) =>
        new(batch * g.Groups, g.InChannels / g.Groups, g.Height * g.Width, g.OutChannelsPerGroup * g.KernelHeight * g.KernelWidth)
        {
            LeftWords = (double)g.OutChannels * g.PatchSize, RightWords = (double)batch * g.OutputSize,
        };

    /// <summary>The gradient of the weights of every sample: output gradients by patches.</summary>
    public static ProductShape ConvolutionGradients(ConvolutionGeometry g, int batch) => new(batch * g.Groups, g.OutChannelsPerGroup, g.PatchSize, g.Positions)
    {
        RightWords = (double)batch * g.InputSize,
    };

    /// <summary>Their squares, summed where they are computed.</summary>
    public static ProductShape ConvolutionNorms(ConvolutionGeometry g, int batch) => ConvolutionGradients(g, batch) with { Result = Squared };

    /// <summary>The dots of patches with one another times those of output gradients, summed; each is both sides of its product.</summary>
    public static ProductShape ConvolutionGramNorms(ConvolutionGeometry g, int batch) =>
        new(batch * g.Groups, g.Positions, g.Positions, g.PatchSize + g.OutChannelsPerGroup)
        {
            LeftWords = (double)batch * (g.InputSize + g.OutputSize), RightWords = 0, Result = Multiplied,
        };

    /// <summary>Convolved with one direction for all samples, times the output gradients, summed.</summary>
    public static ProductShape ConvolutionDots(ConvolutionGeometry g, int batch) => Convolution(g, batch) with { Result = Weighted };

    /// <summary>The gradients of the weights, summed over samples: output gradients by patches.</summary>
    public static ProductShape ConvolutionSum(ConvolutionGeometry g, int batch) => new(g.Groups, g.OutChannelsPerGroup, g.PatchSize, batch * g.Positions)
    {
        RightWords = (double)batch * g.InputSize,
    };

    /// <summary>The gradient of a linear layer's weights of every sample: G_i^T A_i over its positions.</summary>
    public static ProductShape LinearGradients(int batch, int rows, int columns, int positions) => new(batch, rows, columns, positions);

    /// <summary>Their squares, summed where they are computed.</summary>
    public static ProductShape LinearNorms(int batch, int rows, int columns, int positions) => LinearGradients(batch, rows, columns, positions) with { Result = Squared };

    /// <summary>(A_i A_i^T) o (G_i G_i^T) of every sample, summed; each is both sides of its product.</summary>
    public static ProductShape LinearGramNorms(int batch, int rows, int columns, int positions) => new(batch, positions, positions, rows + columns)
    {
        RightWords = 0, Result = Multiplied,
    };

    /// <summary>A V^T o G, summed over rows.</summary>
    public static ProductShape LinearDots(int count, int rows, int columns) => Gemm(count, rows, columns) with { Result = Weighted };

    /// <summary>(A A'^T) o (G G'^T): the Gram matrix of a linear layer's gradients on vectors.</summary>
    public static ProductShape VectorGram(int left, int right, int rows, int columns) => Gemm(left, right, rows + columns) with { Result = new(Writes: 1, Flops: 1) };

    /// <summary>Queries by keys, [tokens, tokens] for every head.</summary>
    public static ProductShape AttentionScores(AttentionGeometry g) => new(g.Batch * g.Heads, g.Tokens, g.Tokens, g.HeadSize);

    /// <summary>Probabilities by values, [tokens, head size] for every head.</summary>
    public static ProductShape AttentionMix(AttentionGeometry g) => new(g.Batch * g.Heads, g.Tokens, g.HeadSize, g.Tokens);

    /// <summary>Results that are summed in double, one number for each sample, and not stored: their squares, their products with another's, and with a matrix.</summary>
    private static Cost Squared => new(DoubleFlops: 2);

    private static Cost Multiplied => new(Flops: 1, DoubleFlops: 1);

    private static Cost Weighted => new(Reads: 1, DoubleFlops: 2);

    private static LoopShape Channels(ChannelLayout layout, Cost element, int shared) =>
        new(layout.Outer, (long)layout.Channels * layout.Inner, element, SharedReads: (long)shared * layout.Channels);
}
