using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Curvature;

/// <summary>A curvature matrix of an objective, by its products with vectors. Nothing of its size is stored.</summary>
/// <remarks>
/// Rows and columns of frozen parameters are zero. Sums over samples run in a fixed order: the same bits for every number
/// of threads. After the second product nothing is allocated on the managed heap.
/// </remarks>
public abstract class CurvatureOperator : ILinearOperator, IDisposable
{
    private protected CurvatureOperator(Objective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        Objective = objective;
    }

    /// <summary>What this is the curvature of.</summary>
    public Objective Objective { get; }

    /// <summary>The matrix of a kind.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="objective">The objective; stays the caller's.</param>
    public static CurvatureOperator Of(CurvatureKind kind, Objective objective) => kind switch
    {
        CurvatureKind.GaussNewton => new GaussNewtonOperator(objective),
        CurvatureKind.Hessian => new HessianOperator(objective),
        CurvatureKind.EmpiricalFisher => new EmpiricalFisherOperator(objective),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such curvature"),
    };

    /// <inheritdoc/>
    public Device Device => Objective.Model.Device;

    /// <inheritdoc/>
    public int Dimension => Objective.Dimension;

    /// <inheritdoc/>
    public void Apply(Tensor x, Tensor y) => Apply(new ReadOnlySpan<Tensor>(in x), new ReadOnlySpan<Tensor>(in y));

    /// <summary>y_k = A x_k for several vectors: they share the forward and backward passes over a data set.</summary>
    /// <param name="x">Vectors, [Dimension] each.</param>
    /// <param name="y">As many, overwritten; none of them among <paramref name="x"/>.</param>
    public void Apply(ReadOnlySpan<Tensor> x, ReadOnlySpan<Tensor> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"{x.Length} vectors need as many results, got {y.Length}", nameof(y));
        }

        for (int i = 0; i < Objective.BatchCount; i++)
        {
            ILinearization point = Objective.Point(i);
            for (int k = 0; k < x.Length; k++)
            {
                Add(point, Objective.View(x[k]), i == 0 ? 0 : 1, Objective.View(y[k]));
            }
        }

        foreach (Tensor sum in y)
        {
            Finish(sum);
        }
    }

    /// <summary>Frees work vectors; the objective stays.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>y = beta y + the product of x with the sum of the samples' matrices.</summary>
    private protected abstract void Add(ILinearization point, ParameterVector x, float beta, ParameterVector y);

    /// <summary>Reduces what <see cref="Add"/> has summed.</summary>
    private protected virtual void Finish(Tensor sum) => Objective.Rescale(sum);
}
