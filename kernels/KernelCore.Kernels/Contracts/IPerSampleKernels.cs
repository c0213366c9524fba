namespace KernelCore.Kernels;

/// <summary>Which parameter of a capture is meant.</summary>
public enum ParameterRole
{
    /// <summary>The weight (gamma of a norm, table of a lookup).</summary>
    Weight,

    /// <summary>The bias (beta of a norm): grad_i = sum of the backprop over positions.</summary>
    Bias,
}

/// <summary>Ways to a per-sample squared norm, equal in exact arithmetic, different in cost.</summary>
public enum NormFormula
{
    /// <summary>|a|^2 |g|^2; one Linear use with T = 1. Flops 2B(p + d).</summary>
    RankOne,

    /// <summary>sum_ts (a_t.a_s)(g_t.g_s), clamped at 0; one use. Flops B T^2 (p + d).</summary>
    Gram,

    /// <summary>Form each sample's gradient in cache, tile by tile, square, discard; any kind, any number of uses. Flops 2B T p d.</summary>
    Direct,
}

/// <summary>What <see cref="IPerSampleKernels.Alignment"/> computes for the two parameters of a layer, [batch] each unless said otherwise; null for what nobody asked for.</summary>
public readonly record struct LayerAlignment
{
    /// <summary>||grad_i||^2 of the weight.</summary>
    public Tensor? WeightNorms { get; init; }

    /// <summary>grad_i . W.</summary>
    public Tensor? WeightDots { get; init; }

    /// <summary>||grad_i||^2 of the bias.</summary>
    public Tensor? BiasNorms { get; init; }

    /// <summary>grad_i . b.</summary>
    public Tensor? BiasDots { get; init; }

    /// <summary>grad_i of the weight itself, [batch, ...weight shape]; with <see cref="NormFormula.Direct"/> only.</summary>
    public Tensor? WeightGradients { get; init; }

    /// <summary>grad_i of the bias itself, [batch, channels].</summary>
    public Tensor? BiasGradients { get; init; }
}

/// <summary>
/// Reductions of per-sample gradients grad_i, i = 0..batch-1, of one parameter, from the captures of all its uses
/// (one, or several when a layer is used twice or weights are tied; the gradient is the sum over uses).
/// </summary>
/// <remarks>
/// Never stores a batch x parameter array, except where gradients themselves are asked for. Products in float32 lanes, per-sample
/// totals in double, results rounded to float32. All captures of one call have the same batch. Sums over samples
/// run in a fixed order that does not depend on the number of threads.
/// </remarks>
public interface IPerSampleKernels
{
    /// <summary>result[i] = ||grad_i||^2.</summary>
    void SquaredNorms(ReadOnlySpan<LayerCapture> uses, ParameterRole role, NormFormula formula, Tensor result);

    /// <summary>result[i] = grad_i . direction.</summary>
    /// <param name="uses">All uses of the parameter.</param>
    /// <param name="role">Which parameter.</param>
    /// <param name="direction">A tensor of the parameter's shape.</param>
    /// <param name="result">[batch], overwritten.</param>
    void Dots(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor direction, Tensor result);

    /// <summary>The dots of the gradients of a layer's weight and bias with a direction each, as two calls of <see cref="Dots"/> give them.</summary>
    /// <param name="uses">The only use of both parameters.</param>
    /// <param name="weight">The direction, of the weight's shape.</param>
    /// <param name="bias">The direction, of the bias's shape.</param>
    /// <param name="weightDots">[batch], overwritten.</param>
    /// <param name="biasDots">[batch], overwritten.</param>
    void LayerDots(ReadOnlySpan<LayerCapture> uses, Tensor weight, Tensor bias, Tensor weightDots, Tensor biasDots)
    {
        Dots(uses, ParameterRole.Weight, weight, weightDots);
        Dots(uses, ParameterRole.Bias, bias, biasDots);
    }

    /// <summary>result[i] = grad_i . W for the weight of layers linear in it, as sum_t g.(z - b): no product with W needed.</summary>
    /// <param name="uses">All uses of the weight; each has its <see cref="LayerCapture.Output"/>, and its <see cref="LayerCapture.Bias"/> if the output contains one.</param>
    /// <param name="result">[batch], overwritten.</param>
    void OutputDots(ReadOnlySpan<LayerCapture> uses, Tensor result);

    /// <summary>
    /// Squared norms of the gradients of a layer's weight and bias, and their dots with the two, in one pass over the capture:
    /// what <see cref="SquaredNorms"/>, <see cref="OutputDots"/>, <see cref="Dots"/> and <see cref="Materialise"/> find one by one.
    /// </summary>
    /// <param name="use">The only use of both parameters, of kind Linear, Convolution or ScaleShift; with its <see cref="LayerCapture.Bias"/> where its output contains one or dots with it are asked for.</param>
    /// <param name="formula">For the norms of the weight. With another than <see cref="NormFormula.Direct"/>, dots with the weight are sum_t g.(z - b) and need the <see cref="LayerCapture.Output"/>.</param>
    /// <param name="weight">W, of the weight's shape.</param>
    /// <param name="result">Where the results go, overwritten.</param>
    void Alignment(LayerCapture use, NormFormula formula, Tensor weight, in LayerAlignment result);

    /// <summary>gram[i, j] (+)= grad_i(left) . grad_j(right).</summary>
    /// <param name="left">Uses in the first set of samples.</param>
    /// <param name="right">Uses in the second set; the same span for the Gram matrix of one batch, which comes out exactly symmetric.</param>
    /// <param name="role">Which parameter.</param>
    /// <param name="accumulate">Whether to add to <paramref name="gram"/> instead of overwriting it.</param>
    /// <param name="gram">[left batch, right batch].</param>
    void Gram(ReadOnlySpan<LayerCapture> left, ReadOnlySpan<LayerCapture> right, ParameterRole role, bool accumulate, Tensor gram);

    /// <summary>gram[i, j] (+)= grad_i(left) . grad_j(right) over the weight and the bias of a layer together: for Linear, sum_ts (a_t.a'_s + 1)(g_t.g'_s).</summary>
    /// <param name="left">The only use of both parameters in the first set of samples.</param>
    /// <param name="right">The same in the second set; the same span for the Gram matrix of one batch, which comes out exactly symmetric.</param>
    /// <param name="accumulate">Whether to add to <paramref name="gram"/> instead of overwriting it.</param>
    /// <param name="gram">[left batch, right batch].</param>
    void LayerGram(ReadOnlySpan<LayerCapture> left, ReadOnlySpan<LayerCapture> right, bool accumulate, Tensor gram)
    {
        Gram(left, right, ParameterRole.Weight, accumulate, gram);
        Gram(left, right, ParameterRole.Bias, accumulate: true, gram);
    }

    /// <summary>destination = beta destination + sum_i coefficients[i] grad_i. With ones: the batch gradient; with clip factors: clip and sum.</summary>
    /// <param name="uses">All uses of the parameter.</param>
    /// <param name="role">Which parameter.</param>
    /// <param name="coefficients">[batch], or null for ones.</param>
    /// <param name="beta">Factor of the old content; with 0 it is not read.</param>
    /// <param name="destination">A tensor of the parameter's shape.</param>
    void WeightedSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor? coefficients, float beta, Tensor destination);

    /// <summary>destination = beta destination + scale sum_i grad_i o grad_i (elementwise): the empirical Fisher diagonal with scale 1/batch.</summary>
    void SquaredSum(ReadOnlySpan<LayerCapture> uses, ParameterRole role, float scale, float beta, Tensor destination);

    /// <summary>destination[i] = grad_i.</summary>
    void Materialise(ReadOnlySpan<LayerCapture> uses, ParameterRole role, Tensor destination);
}
