using KernelCore.Curvature;
using KernelCore.Kernels;
using KernelCore.Models;

namespace KernelCore.Influence;

/// <summary>What a solver works on.</summary>
/// <param name="Matrix">C.</param>
/// <param name="Parameters">Trainable scalars.</param>
/// <param name="Owned">Receives what is to be disposed after the last solve.</param>
/// <param name="Cancellation">Checked in every iteration.</param>
internal sealed record SolverSetting(ILinearOperator Matrix, long Parameters, List<IDisposable> Owned, CancellationToken Cancellation);

/// <summary>Products with a curvature operator, given to a solver.</summary>
/// <param name="name">Short name.</param>
/// <param name="kind">C.</param>
/// <param name="prepare">Makes y = C^-1 x, which returns the relative residual.</param>
internal sealed class SolverInverse(string name, CurvatureKind kind, Func<SolverSetting, Func<Tensor, Tensor, double>> prepare) : InverseCurvature(name)
{
    internal override InverseMap Open(CurvatureSource source)
    {
        if (source.Model is not ICurvatureModel model)
        {
            throw new KernelCoreException($"{Name} needs a model with second derivatives; use ekfac or kfac");
        }

        var objective = new Objective(model, source.Loss, source.Data, WholeIfItFits(source));
        CurvatureOperator matrix = CurvatureOperator.Of(kind, objective);
        var owned = new List<IDisposable> { objective, matrix };
        var map = new SolverMap(model.Parameters.Layout, owned);
        try
        {
            long trainable = model.Parameters.Layout.Parameters.Where(p => p.Trainable).Sum(p => p.Shape.Count);
            map.Solver = prepare(new SolverSetting(matrix, Math.Max(1, trainable), owned, source.Cancellation));
            return map;
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>A single batch is linearised once, several ones anew for every product.</summary>
    private static int WholeIfItFits(CurvatureSource source)
    {
        using var one = new CaptureSource(source.Model, source.Data, source.Loss, GradientScope.Model, batchSize: 1);
        return source.Data.Count * CaptureBlock.BytesPerSample(one.Run(0, 1)) <= source.HeldBytes ? source.Data.Count : source.BatchSize;
    }

    /// <summary>Parameters as they are.</summary>
    private sealed class SolverMap(ParameterLayout layout, List<IDisposable> owned) : InverseMap
    {
        public override ParameterLayout Layout => layout;

        public Func<Tensor, Tensor, double>? Solver { get; set; }

        public override CaptureSet Map(CaptureSet captures) => captures;

        public override void Solve(Tensor x, Tensor y) => LargestResidual = Math.Max(LargestResidual, Solver!(x, y));

        /// <summary>What was made last may use what was made before.</summary>
        public override void Dispose()
        {
            owned.Reverse();
            owned.ForEach(o => o.Dispose());
            owned.Clear();
        }
    }
}
