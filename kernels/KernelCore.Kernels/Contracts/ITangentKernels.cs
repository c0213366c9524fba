namespace KernelCore.Kernels;

/// <summary>
/// Derivatives of the layer rules along a direction in parameter space (Pearlmutter's R-operator, "Fast exact
/// multiplication by the Hessian", Neural Computation 6, 1994): rx is the derivative of x. Destinations are overwritten.
/// </summary>
/// <remarks>
/// Only what the forward and backward rules themselves do not give: rules that are linear in a tensor are their own
/// tangents. Reductions in double, in an order that depends on the shapes alone.
/// </remarks>
public interface ITangentKernels
{
    /// <summary>Tangent of <see cref="ILayerKernels.ActivationGradient"/>: rgx = rgy f'(x) + gy f''(x) rx.</summary>
    /// <remarks>The tangent of the activation itself, f'(x) rx, is <see cref="ILayerKernels.ActivationGradient"/>. At the kink of a rectifier f'' is 0.</remarks>
    /// <param name="kind">Function.</param>
    /// <param name="slope">Negative slope of <see cref="ActivationKind.LeakyRelu"/>; ignored otherwise.</param>
    /// <param name="x">Input.</param>
    /// <param name="y">Output, f(x).</param>
    /// <param name="rx">Tangent of the input.</param>
    /// <param name="gy">Gradient with respect to the output.</param>
    /// <param name="rgy">Tangent of that gradient.</param>
    /// <param name="rgx">Tangent of the gradient with respect to the input. May be rgy.</param>
    void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor rx, Tensor gy, Tensor rgy, Tensor rgx);

    /// <summary>Tangent of <see cref="ILayerKernels.ScaleShift"/>: ry = gamma_c rx + rgamma_c x + rbeta_c.</summary>
    /// <param name="layout">Shape.</param>
    /// <param name="x">Input.</param>
    /// <param name="rx">Its tangent, or null for zeros.</param>
    /// <param name="gamma">[channels].</param>
    /// <param name="rgamma">[channels], or null for zeros.</param>
    /// <param name="rbeta">[channels], or null for zeros.</param>
    /// <param name="ry">Tangent of the output. May be rx.</param>
    void ScaleShift(ChannelLayout layout, Tensor x, Tensor? rx, Tensor gamma, Tensor? rgamma, Tensor? rbeta, Tensor ry);

    /// <summary>Tangent of <see cref="ILayerKernels.NormalizeSegments"/>: rxhat = r (rx - mean(rx) - xhat q) with q = mean(rx xhat), per segment.</summary>
    /// <param name="segments">Number of segments.</param>
    /// <param name="length">Elements of one.</param>
    /// <param name="normalized">xhat.</param>
    /// <param name="inverseDeviation">r, [segments].</param>
    /// <param name="rx">Tangent of the input.</param>
    /// <param name="rnormalized">Tangent of xhat. May be rx.</param>
    /// <param name="projection">q, [segments]; the tangent of r is -r^2 q.</param>
    void NormalizeSegments(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rx, Tensor rnormalized, Tensor projection);

    /// <summary>
    /// Tangent of <see cref="ILayerKernels.NormalizeSegmentsGradient"/>: rgx = r (rgn - mean(rgn) - rxhat mean(gn xhat)
    /// - xhat (mean(rgn xhat) + mean(gn rxhat)) - r q (gn - mean(gn) - xhat mean(gn xhat))), per segment.
    /// </summary>
    /// <param name="segments">Number of segments.</param>
    /// <param name="length">Elements of one.</param>
    /// <param name="normalized">xhat.</param>
    /// <param name="inverseDeviation">r, [segments].</param>
    /// <param name="rnormalized">Tangent of xhat.</param>
    /// <param name="projection">q, [segments].</param>
    /// <param name="gn">Gradient with respect to xhat.</param>
    /// <param name="rgn">Its tangent.</param>
    /// <param name="rgx">Tangent of the gradient with respect to the input. May be rgn.</param>
    void NormalizeSegmentsGradient(
        int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor rnormalized, Tensor projection, Tensor gn, Tensor rgn, Tensor rgx);

    /// <summary>Tangent of <see cref="ILayerKernels.MaxPool"/>: ry takes rx at the maxima.</summary>
    /// <param name="geometry">Shape of one plane.</param>
    /// <param name="planes">batch x channels.</param>
    /// <param name="argmax">Index within the input plane of each maximum.</param>
    /// <param name="rx">[planes, H, W].</param>
    /// <param name="ry">[planes, out height, out width].</param>
    void MaxPool(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor rx, Tensor ry);

    /// <summary>Tangent of <see cref="ILayerKernels.Embedding"/>: ry[t, :] = rtable[indices[t], :], and 0 at the padding index, whose row is a constant.</summary>
    /// <param name="indices">Rows.</param>
    /// <param name="paddingIndex">Row that does not move; -1 for none.</param>
    /// <param name="rtable">Tangent of the table.</param>
    /// <param name="ry">Tangent of the output.</param>
    void Embedding(IndexTensor indices, int paddingIndex, Tensor rtable, Tensor ry);

    /// <summary>Tangent of <see cref="ILayerKernels.Attention"/>, head by head: rS = (rQ K^T + Q rK^T) / sqrt(head size), rP = P o (rS - rowsum(P o rS)), rY = rP V + P rV.</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="qkv">[batch, tokens, 3 x width].</param>
    /// <param name="probabilities">P, [batch, heads, tokens, tokens].</param>
    /// <param name="rqkv">Tangent of qkv.</param>
    /// <param name="rprobabilities">rP, kept for the gradient.</param>
    /// <param name="ry">[batch, tokens, width].</param>
    void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor ry);

    /// <summary>
    /// Tangent of <see cref="ILayerKernels.AttentionGradient"/>. With gP = gY V^T, m = rowsum(P o gP), gS = P o (gP - m) and
    /// their tangents rgP = rgY V^T + gY rV^T, rgS = rP o (gP - m) + P o (rgP - rowsum(rP o gP + P o rgP)):
    /// rgQ = scale (rgS K + gS rK), rgK = scale (rgS^T Q + gS^T rQ), rgV = rP^T gY + P^T rgY.
    /// </summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="qkv">[batch, tokens, 3 x width].</param>
    /// <param name="probabilities">P.</param>
    /// <param name="rqkv">Tangent of qkv.</param>
    /// <param name="rprobabilities">rP.</param>
    /// <param name="gy">Gradient with respect to the output.</param>
    /// <param name="rgy">Its tangent.</param>
    /// <param name="rgqkv">Tangent of the gradient with respect to qkv.</param>
    void AttentionGradient(
        AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor rqkv, Tensor rprobabilities, Tensor gy, Tensor rgy, Tensor rgqkv);

    /// <summary>The Hessian of softmax cross-entropy in logit space times r, per sample: scale mass (p o (r - p.r)), mass = sum_c y_c.</summary>
    /// <remarks>Evaluated around the tangent of the largest logit, so it keeps its digits where p is almost one-hot.</remarks>
    /// <param name="logits">[batch, classes].</param>
    /// <param name="targets">Soft labels y, [batch, classes]; null where mass is 1.</param>
    /// <param name="scale">Factor of the result.</param>
    /// <param name="r">[batch, classes].</param>
    /// <param name="result">[batch, classes].</param>
    void CrossEntropyCurvature(Tensor logits, Tensor? targets, float scale, Tensor r, Tensor result);
}
