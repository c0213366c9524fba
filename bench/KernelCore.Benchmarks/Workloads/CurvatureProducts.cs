using KernelCore.Curvature;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Benchmarks;

/// <summary>Products of the curvature matrices of the mean loss over a batch with a vector.</summary>
/// <remarks>
/// What starts at new weights has an objective of its own, so that the other stays prepared. Both are made when they are
/// first needed.
/// </remarks>
internal sealed class CurvatureProducts(ICurvatureModel model, Batch batch, ParameterVector direction) : IDisposable
{
    private readonly Dictionary<Quantity, CurvatureOperator> _operators = [];
    private Objective? _fresh, _prepared;
    private Tensor? _product;

    /// <summary>Computes a product once.</summary>
    /// <returns>The same tensor every time.</returns>
    public Tensor Run(Quantity quantity)
    {
        if (!_operators.TryGetValue(quantity, out CurvatureOperator? matrix))
        {
            matrix = Create(quantity);
            _operators.Add(quantity, matrix);
        }

        if (matrix.Objective == _fresh)
        {
            _fresh.Update();
        }

        _product ??= model.Device.Allocate([matrix.Dimension]);
        matrix.Apply(direction.Flat, _product);
        return _product;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CurvatureOperator matrix in _operators.Values)
        {
            matrix.Dispose();
        }

        _fresh?.Dispose();
        _prepared?.Dispose();
        _product?.Dispose();
    }

    private CurvatureOperator Create(Quantity quantity) => quantity switch
    {
        Quantity.Hessian => new HessianOperator(_fresh ??= Objective()),
        Quantity.HessianFurther => new HessianOperator(_prepared ??= Objective()),
        Quantity.GaussNewton => new GaussNewtonOperator(_fresh ??= Objective()),
        Quantity.GaussNewtonFurther => new GaussNewtonOperator(_prepared ??= Objective()),
        Quantity.Fisher => new EmpiricalFisherOperator(_prepared ??= Objective()),
        _ => throw new ArgumentOutOfRangeException(nameof(quantity), quantity, "no product of a curvature matrix"),
    };

    private Objective Objective() => new(model, Loss.CrossEntropy, batch);
}
