namespace KernelCore.LeaveOneOut;

/// <summary>Structure of the precision matrix L = sum_i J_i^T S_i J_i + prior precision I of a probe's Laplace posterior.</summary>
public enum PosteriorStructure
{
    /// <summary>All of it, P x P.</summary>
    Full,

    /// <summary>N G x A + prior precision I with the mean curvature G of the logits and the mean A of z z^T.</summary>
    Kronecker,

    /// <summary>Its diagonal.</summary>
    Diagonal,
}
