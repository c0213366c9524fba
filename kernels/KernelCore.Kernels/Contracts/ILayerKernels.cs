namespace KernelCore.Kernels;

/// <summary>Forward and backward rules of layers. A gradient method overwrites its destination.</summary>
public interface ILayerKernels
{
    /// <summary>Cross-correlation as in PyTorch: y = w * x + bias. Linear layers are <see cref="ILinearAlgebra.Gemm"/>.</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="batch">Samples.</param>
    /// <param name="x">[batch, C, H, W].</param>
    /// <param name="weight">[p, C/groups, kernel height, kernel width].</param>
    /// <param name="bias">[p] or null.</param>
    /// <param name="y">[batch, p, out height, out width].</param>
    void Convolution(ConvolutionGeometry geometry, int batch, Tensor x, Tensor weight, Tensor? bias, Tensor y);

    /// <summary>Gradient of <see cref="Convolution"/> with respect to x.</summary>
    void ConvolutionInputGradient(ConvolutionGeometry geometry, int batch, Tensor gy, Tensor weight, Tensor gx);

    /// <summary>y = f(x) elementwise. Works in place.</summary>
    /// <param name="kind">Function.</param>
    /// <param name="slope">Negative slope of <see cref="ActivationKind.LeakyRelu"/>; ignored otherwise.</param>
    /// <param name="x">Input.</param>
    /// <param name="y">Output, same count.</param>
    void Activation(ActivationKind kind, float slope, Tensor x, Tensor y);

    /// <summary>gx = gy f'(x) elementwise. gx may be gy.</summary>
    void ActivationGradient(ActivationKind kind, float slope, Tensor x, Tensor y, Tensor gy, Tensor gx);

    /// <summary>Maximum over windows; ties take the first element in row-major order, NaN wins.</summary>
    /// <param name="geometry">Shape of one plane.</param>
    /// <param name="planes">batch x channels.</param>
    /// <param name="x">[planes, H, W].</param>
    /// <param name="y">[planes, out height, out width].</param>
    /// <param name="argmax">Index within the input plane of each maximum, for the gradient.</param>
    void MaxPool(PoolGeometry geometry, int planes, Tensor x, Tensor y, IndexTensor argmax);

    /// <summary>Scatters gy to the maxima; overlapping windows add.</summary>
    void MaxPoolGradient(PoolGeometry geometry, int planes, IndexTensor argmax, Tensor gy, Tensor gx);

    /// <summary>Mean over windows of kernel height x kernel width, padding counted (PyTorch's default).</summary>
    void AveragePool(PoolGeometry geometry, int planes, Tensor x, Tensor y);

    /// <summary>Gradient of <see cref="AveragePool"/>.</summary>
    void AveragePoolGradient(PoolGeometry geometry, int planes, Tensor gy, Tensor gx);

    /// <summary>Mean over the channel axis of the layout: y[o, i] = mean over c of x[o, c, i].</summary>
    /// <remarks>Global average pooling is (batch x channels, height x width, 1); the mean token is (batch, tokens, width).</remarks>
    void Mean(ChannelLayout layout, Tensor x, Tensor y);

    /// <summary>gx[o, c, i] = gy[o, i] / Channels.</summary>
    void MeanGradient(ChannelLayout layout, Tensor gy, Tensor gx);

    /// <summary>Normalises contiguous segments: xhat = (x - mean) / sqrt(variance + epsilon), population variance.</summary>
    /// <remarks>A layer norm's segment is one token; a group norm's is one group of channels with its positions. Moments in double.</remarks>
    /// <param name="segments">Number of segments.</param>
    /// <param name="length">Elements of one.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="x">[segments, length].</param>
    /// <param name="normalized">xhat, same shape.</param>
    /// <param name="inverseDeviation">[segments], 1 / sqrt(variance + epsilon).</param>
    void NormalizeSegments(int segments, int length, float epsilon, Tensor x, Tensor normalized, Tensor inverseDeviation);

    /// <summary>gx = r (gn - mean(gn) - xhat mean(gn xhat)) per segment, r its inverse deviation. gx may be gn.</summary>
    void NormalizeSegmentsGradient(int segments, int length, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx);

    /// <summary>Mean and population variance of each channel over all outer and inner positions. In double.</summary>
    void ChannelStatistics(ChannelLayout layout, Tensor x, Tensor mean, Tensor variance);

    /// <summary>xhat = (x - mean_c) / sqrt(variance_c + epsilon), with the given statistics; also writes the inverse deviations.</summary>
    void NormalizeChannels(ChannelLayout layout, float epsilon, Tensor x, Tensor mean, Tensor variance, Tensor normalized, Tensor inverseDeviation);

    /// <summary>Gradient of <see cref="NormalizeChannels"/>. gx may be gn.</summary>
    /// <param name="layout">Shape.</param>
    /// <param name="batchStatistics">True when mean and variance came from this very batch (training): the gradient flows through them. False: gx = r_c gn.</param>
    /// <param name="normalized">xhat.</param>
    /// <param name="inverseDeviation">[channels].</param>
    /// <param name="gn">Gradient with respect to xhat.</param>
    /// <param name="gx">Destination.</param>
    void NormalizeChannelsGradient(ChannelLayout layout, bool batchStatistics, Tensor normalized, Tensor inverseDeviation, Tensor gn, Tensor gx);

    /// <summary>y[o, c, i] = gamma_c x[o, c, i] + beta_c. Works in place.</summary>
    /// <param name="layout">Shape.</param>
    /// <param name="x">Input.</param>
    /// <param name="gamma">[channels], or null for ones.</param>
    /// <param name="beta">[channels], or null for zeros.</param>
    /// <param name="y">Output.</param>
    void ScaleShift(ChannelLayout layout, Tensor x, Tensor? gamma, Tensor? beta, Tensor y);

    /// <summary>y[t, :] = table[indices[t], :].</summary>
    void Embedding(IndexTensor indices, Tensor table, Tensor y);

    /// <summary>Multi-head scaled dot-product self-attention on packed q, k, v (PyTorch's in_proj order).</summary>
    /// <param name="geometry">Shape.</param>
    /// <param name="qkv">[batch, tokens, 3 x width]: q, then k, then v; head h takes columns [h, h+1) x head size of each.</param>
    /// <param name="probabilities">[batch, heads, tokens, tokens], softmax rows, kept for the gradient.</param>
    /// <param name="y">[batch, tokens, width].</param>
    void Attention(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor y);

    /// <summary>Gradient of <see cref="Attention"/> with respect to qkv.</summary>
    void AttentionGradient(AttentionGeometry geometry, Tensor qkv, Tensor probabilities, Tensor gy, Tensor gqkv);

    /// <summary>y = x m / (1 - rate), m_i = 1 when Philox.Uniform(seed, stream, i) >= rate. Its own gradient. Works in place.</summary>
    void Dropout(ulong seed, ulong stream, float rate, Tensor x, Tensor y);

    /// <summary>y = a + b. y may be a or b.</summary>
    void Add(Tensor a, Tensor b, Tensor y);

    /// <summary>y[i, :] = x[i, :] + row[:] for every sample i. Works in place.</summary>
    void AddRow(Tensor x, Tensor row, Tensor y);
}
