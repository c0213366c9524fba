namespace KernelCore.Curvature;

/// <summary>Which matrix stands for the curvature of a loss.</summary>
public enum CurvatureKind
{
    /// <summary>J^T (d2loss/doutputs2) J: positive semidefinite, equal to the Hessian for models linear in their weights.</summary>
    GaussNewton,

    /// <summary>The second derivative itself; indefinite away from a minimum.</summary>
    Hessian,

    /// <summary>The second moment of the samples' gradients at their given labels.</summary>
    EmpiricalFisher,
}
