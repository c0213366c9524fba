using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>A symmetric matrix A known by its products with vectors.</summary>
public interface ILinearOperator
{
    /// <summary>Where the vectors lie.</summary>
    Device Device { get; }

    /// <summary>Rows and columns of A.</summary>
    int Dimension { get; }

    /// <summary>y = A x.</summary>
    /// <param name="x">[Dimension].</param>
    /// <param name="y">[Dimension], overwritten; another tensor than <paramref name="x"/>.</param>
    void Apply(Tensor x, Tensor y);
}
