namespace KernelCore.LeaveOneOut;

/// <summary>How the weights of a probe without one sample are found; D is how they differ from those with it.</summary>
public enum LeaveOneOutMethod
{
    /// <summary>One Newton step from the minimum, D = H_-i^-1 g_i with the Hessian of the other samples; exact for least squares.</summary>
    NewtonStep,

    /// <summary>The influence function, D = H^-1 g_i with the Hessian of all samples.</summary>
    Influence,

    /// <summary>The minimum without the sample, by Newton steps until they stop mattering.</summary>
    Newton,

    /// <summary>Gradient descent from the same initial weights, by the probe's own protocol.</summary>
    Retraining,

    /// <summary>Iterative approximate cross-validation (arXiv 2303.02732): gradient descent with gradients to first order around the probe's own path.</summary>
    Iterative,
}
