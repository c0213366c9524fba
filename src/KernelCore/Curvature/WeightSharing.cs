namespace KernelCore.Curvature;

/// <summary>How the Kronecker factors treat positions that share a weight (tokens, pixels).</summary>
/// <remarks>Eschenhagen, Immer, Turner, Schneider, Hennig, "Kronecker-factored approximate curvature for modern neural network architectures" (arXiv 2311.00636).</remarks>
public enum WeightSharing
{
    /// <summary>Positions count as independent: A = mean over samples and positions of a a^T, S = mean over samples of the sum over positions of s s^T.</summary>
    Expand,

    /// <summary>Positions are reduced first: a is averaged over them, s summed.</summary>
    Reduce,
}
