namespace KernelCore.Curvature;

/// <summary>Whose labels the gradients in a Fisher matrix E[g g^T] belong to. The three agree only in expectation, or at a perfect fit.</summary>
public enum FisherType
{
    /// <summary>The given labels: the uncentred covariance of the training gradients.</summary>
    Empirical,

    /// <summary>Labels drawn from the model's own predictions: an unbiased sample of <see cref="TypeI"/>. Softmax cross-entropy only.</summary>
    True,

    /// <summary>The exact expectation over the model's predictions, equal to the Gauss-Newton matrix: a backward pass per class. Softmax cross-entropy only.</summary>
    TypeI,
}
