namespace KernelCore.Kernels;

/// <summary>How a score treats floating point.</summary>
public enum ScoreMode
{
    /// <summary>The mathematically clean form, finite at any margin.</summary>
    Exact,

    /// <summary>The reference implementation's arithmetic, including its float32 cancellation and additive epsilons.</summary>
    Reference,
}

/// <summary>Rows of the result of <see cref="ILossKernels.HeadScores(Tensor, IndexTensor, Tensor?, Tensor?, float, ScoreMode, Tensor)"/>.</summary>
public enum HeadQuantity
{
    /// <summary>Cross-entropy, nats.</summary>
    Loss,

    /// <summary>||p - y||_2, the EL2N score.</summary>
    El2n,

    /// <summary>||z||_2, norm of the head's input; 0 when there is none.</summary>
    InputNorm,

    /// <summary>Gradient-weight alignment of the head weight, bias excluded: -(p - y).(s - b) / (||z|| ||p - y|| ||W||_F).</summary>
    Gwa,

    /// <summary>s_y - max over c != y of s_c.</summary>
    Margin,

    /// <summary>Entropy of p, nats.</summary>
    Entropy,

    /// <summary>p_y.</summary>
    Confidence,

    /// <summary>Index of the largest logit (first on ties), as a float.</summary>
    Prediction,
}

/// <summary>Losses: value per sample and cotangent in logit space; and the fused head kernel.</summary>
public interface ILossKernels
{
    /// <summary>Number of rows that <c>HeadScores</c> writes.</summary>
    const int HeadQuantities = (int)HeadQuantity.Prediction + 1;

    /// <summary>Softmax cross-entropy with hard labels: loss_i = logsumexp(s_i) - s_iy, cotangent = scale (p - y).</summary>
    /// <param name="logits">[batch, classes].</param>
    /// <param name="labels">[batch], each in [0, classes).</param>
    /// <param name="scale">Factor of the cotangent only: 1 for per-sample gradients, 1/batch for the mean.</param>
    /// <param name="loss">[batch].</param>
    /// <param name="cotangent">[batch, classes].</param>
    void CrossEntropy(Tensor logits, IndexTensor labels, float scale, Tensor loss, Tensor cotangent);

    /// <summary>Softmax cross-entropy with soft labels: loss_i = -sum_c y_c log p_c, cotangent = scale (p sum_c y_c - y).</summary>
    void CrossEntropy(Tensor logits, Tensor targets, float scale, Tensor loss, Tensor cotangent);

    /// <summary>Mean squared error over the outputs of a sample: loss_i = mean_c (s_c - t_c)^2, cotangent = scale 2 (s - t) / C.</summary>
    void SquaredError(Tensor outputs, Tensor targets, float scale, Tensor loss, Tensor cotangent);

    /// <summary>All per-sample quantities of a linear classification head, in one pass over the logits.</summary>
    /// <param name="logits">[batch, classes].</param>
    /// <param name="labels">[batch].</param>
    /// <param name="headInput">z, [batch, width]; null when the model has no linear head (then Gwa is NaN and InputNorm 0).</param>
    /// <param name="bias">[classes] or null; subtracted from the logits to give W z.</param>
    /// <param name="weightNorm">||W||_F of the head.</param>
    /// <param name="mode">Arithmetic of <see cref="HeadQuantity.Gwa"/> and <see cref="HeadQuantity.El2n"/>: Exact evaluates
    /// p - y without cancellation (q_c = exp(s_c - m) over c != y, q_y = -sum q, m the largest wrong logit); Reference
    /// rounds p to float32 first and adds 1e-12 to the product of norms.</param>
    /// <param name="result">[<see cref="HeadQuantities"/>, batch], a row per <see cref="HeadQuantity"/>.</param>
    void HeadScores(Tensor logits, IndexTensor labels, Tensor? headInput, Tensor? bias, float weightNorm, ScoreMode mode, Tensor result);
}
