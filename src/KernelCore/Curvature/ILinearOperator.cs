using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A symmetric matrix known by its products alone: a Hessian, a Gauss-Newton or Fisher matrix, or a sum of such.</summary>
/// <remarks>Symmetry is trusted. An operator may own work buffers: it serves one thread at a time.</remarks>
public interface ILinearOperator
{
    /// <summary>Where the vectors live.</summary>
    Device Device { get; }

    /// <summary>Rows and columns, n.</summary>
    int Dimension { get; }

    /// <summary>y = A x.</summary>
    /// <param name="x">[n].</param>
    /// <param name="y">[n], overwritten; not the same memory as <paramref name="x"/>.</param>
    void Apply(Tensor x, Tensor y);
}
