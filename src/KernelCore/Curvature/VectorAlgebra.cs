using KernelCore.Kernels;

namespace KernelCore.Curvature;

/// <summary>Vector operations of the solvers: float32 elements on any device, double inner products.</summary>
internal static class VectorAlgebra
{
    /// <summary>Unit roundoff of float32, 2^-24.</summary>
    public const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>y += alpha x.</summary>
    public static void Add(this Tensor y, double alpha, Tensor x) => y.Device.Kernels.Parameters.Axpy((float)alpha, x, y);

    /// <summary>y = x.</summary>
    public static void Assign(this Tensor y, Tensor x)
    {
        y.Fill(0);
        y.Add(1, x);
    }

    /// <summary>x *= alpha.</summary>
    public static void Scale(this Tensor x, double alpha) => x.Device.Kernels.Parameters.Scale((float)alpha, x);

    /// <summary>x . y.</summary>
    public static double Dot(this Tensor x, Tensor y) => x.Device.Kernels.Parameters.Dot(x, y);

    /// <summary>||x||_2.</summary>
    public static double Norm(this Tensor x) => Math.Sqrt(x.Dot(x));

    /// <summary>Removes from w its components along orthonormal vectors, by two passes of modified Gram-Schmidt ("twice is enough").</summary>
    /// <param name="w">Changed.</param>
    /// <param name="basis">Orthonormal vectors, [k, n].</param>
    /// <param name="count">How many of them.</param>
    /// <param name="coefficients">Where to add the components that were removed; empty for nowhere.</param>
    /// <remarks>Giraud, Langou, Rozloznik, "On the round-off error analysis of the Gram-Schmidt algorithm with reorthogonalization" (2002).</remarks>
    public static void Orthogonalise(this Tensor w, IReadOnlyList<Tensor> basis, int count, Span<double> coefficients = default)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < count; i++)
            {
                double component = w.Dot(basis[i]);
                w.Add(-component, basis[i]);
                if (!coefficients.IsEmpty)
                {
                    coefficients[i] += component;
                }
            }
        }
    }

    /// <summary>The rows of a [k, n] tensor, as vectors.</summary>
    public static Tensor[] Rows(this Tensor matrix)
    {
        int columns = matrix.Shape[1];
        return [.. Enumerable.Range(0, matrix.Shape[0]).Select(i => matrix.View((long)i * columns, [columns]))];
    }

    /// <summary>Refuses a vector that does not fit an operator.</summary>
    public static void RequireVector(this ILinearOperator a, Tensor vector, string name)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(vector, name);
        if (vector.Count != a.Dimension || !ReferenceEquals(vector.Device, a.Device))
        {
            throw new ArgumentException(
                $"expected {a.Dimension} elements on {a.Device}, got {vector.Count} on {vector.Device}", name);
        }
    }

    /// <summary>Passes a finite number through.</summary>
    /// <exception cref="KernelCoreException">The number is NaN or infinite.</exception>
    public static double RequireFinite(double value, string method, int iteration) => double.IsFinite(value)
        ? value
        : throw new KernelCoreException($"{method}: {value} in iteration {iteration}; the operator or the right-hand side is not finite, or overflows float32");
}
