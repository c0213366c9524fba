using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Influence;

/// <summary>How (C + damping I)^-1 is applied, C the curvature of the mean training loss.</summary>
/// <remarks>
/// A relative damping is a multiple of the mean eigenvalue: of each block for K-FAC and EK-FAC, of C for the solvers, which
/// take tr C by Hutch++ from 30 products. Solvers need an <see cref="Models.ICurvatureModel"/>.
/// </remarks>
public abstract class InverseCurvature
{
    private const int TraceProducts = 30;

    /// <summary>LiSSA diverges where an eigenvalue is twice the scale, and power iteration finds the largest one from below.</summary>
    private const double LissaMargin = 1.1;

    private protected InverseCurvature(string name) => Name = name;

    /// <summary>Short name, as on the command line.</summary>
    public string Name { get; }

    /// <summary>Conjugate gradients, one solve per sample.</summary>
    /// <param name="damping">Null for <see cref="Damping.Default"/>.</param>
    /// <param name="kind">C; the Hessian takes a damping above its most negative eigenvalue.</param>
    /// <param name="options">Tolerance and iterations.</param>
    public static InverseCurvature ConjugateGradient(
        Damping? damping = null, CurvatureKind kind = CurvatureKind.GaussNewton, KrylovOptions? options = null) =>
        new SolverInverse("if-cg", kind, setting =>
        {
            DampedOperator damped = setting.Matrix.Damp(Added(setting, damping));
            return (x, y) => Check(Curvature.ConjugateGradient.Solve(damped, x, y, options, cancellation: setting.Cancellation));
        });

    /// <summary>LiSSA, one recursion per sample (arXiv 1703.04730), with the scale s and the inner damping d for which s d takes effect.</summary>
    /// <param name="damping">s d, the damping that takes effect; null for <see cref="Damping.Default"/>.</param>
    /// <param name="kind">C.</param>
    /// <param name="options">Depth and tolerance; its scale and damping are replaced: s is 1.1 times the largest eigenvalue.</param>
    public static InverseCurvature Lissa(
        Damping? damping = null, CurvatureKind kind = CurvatureKind.GaussNewton, LissaOptions? options = null) =>
        new SolverInverse("if-lissa", kind, setting =>
        {
            double added = Added(setting, damping);
            using EigenPairs largest = PowerIteration.Run(setting.Matrix, 1, tolerance: 0.01, cancellation: setting.Cancellation);
            double scale = LissaMargin * (Math.Abs(largest.Values[0]) + added);
            LissaOptions scaled = (options ?? new LissaOptions()) with { Scale = scale, Damping = added / scale };
            return (x, y) => Check(Curvature.Lissa.Solve(setting.Matrix, x, y, scaled, cancellation: setting.Cancellation));
        });

    /// <summary>The inverse on the dominant eigenvectors that Arnoldi's iteration finds, zero on all others (arXiv 2112.03052): no damping.</summary>
    /// <param name="steps">Products; the size of the Krylov space.</param>
    /// <param name="pairs">Eigenvectors kept.</param>
    /// <param name="kind">C.</param>
    /// <param name="seed">Of the start vector.</param>
    public static InverseCurvature Arnoldi(
        int steps = 200, int pairs = 50, CurvatureKind kind = CurvatureKind.GaussNewton, ulong seed = 0) =>
        new SolverInverse("if-arnoldi", kind, setting =>
        {
            EigenPairs found = Curvature.Arnoldi.Run(setting.Matrix, steps, pairs, seed, cancellation: setting.Cancellation);
            LowRankInverse inverse = found.Inverse();
            setting.Owned.AddRange([found, inverse]);
            return (x, y) =>
            {
                inverse.Apply(x, y);
                return 0;
            };
        });

    /// <summary>The matrix written out and factored in double: for at most <see cref="LinearOperators.DenseLimit"/> parameters.</summary>
    /// <param name="damping">Null for <see cref="Damping.Default"/>.</param>
    /// <param name="kind">C; the Hessian takes a damping above its most negative eigenvalue.</param>
    public static InverseCurvature Dense(Damping? damping = null, CurvatureKind kind = CurvatureKind.GaussNewton) =>
        new SolverInverse("if-dense", kind, setting =>
        {
            double[,] matrix = setting.Matrix.ToDense();
            int n = setting.Matrix.Dimension;
            double added = (damping ?? Damping.Default).Of(() => Enumerable.Range(0, n).Sum(i => matrix[i, i]) / setting.Parameters);
            for (int i = 0; i < n; i++)
            {
                matrix[i, i] += added;
            }

            var factor = new CholeskySolver(matrix);
            return (x, y) =>
            {
                y.CopyFrom(Array.ConvertAll(factor.Solve(Array.ConvertAll(x.ToArray(), v => (double)v)), v => (float)v));
                return 0;
            };
        });

    /// <summary>K-FAC: Kronecker factors of each layer's Fisher matrix. Gradients of norms and embeddings are left out.</summary>
    /// <param name="damping">By block; null for <see cref="Damping.Default"/>.</param>
    /// <param name="options">Fisher type, weight sharing, seed.</param>
    public static InverseCurvature Kfac(Damping? damping = null, KfacOptions? options = null) =>
        new KroneckerInverse("kfac", damping ?? Damping.Default, (source, batches) => Curvature.Kfac.Estimate(
            source.Model, batches, source.Loss, options, null, source.Cancellation));

    /// <summary>EK-FAC (arXiv 2308.03296): K-FAC's eigenvectors with the best eigenvalues. Gradients of norms and embeddings are left out.</summary>
    /// <inheritdoc cref="Kfac" path="/param"/>
    public static InverseCurvature Ekfac(Damping? damping = null, KfacOptions? options = null) =>
        new KroneckerInverse("ekfac", damping ?? Damping.Default, (source, batches) => Curvature.Ekfac.Estimate(
            source.Model, batches, source.Loss, options, null, source.Cancellation));

    /// <summary>Estimates the curvature.</summary>
    internal abstract InverseMap Open(CurvatureSource source);

    private static double Added(SolverSetting setting, Damping? damping) => (damping ?? Damping.Default).Of(
        () => HutchPlusPlus.Trace(setting.Matrix, TraceProducts, cancellation: setting.Cancellation).Value / setting.Parameters);

    /// <summary>The relative residual of a result that has a meaning.</summary>
    private static double Check(SolverResult result) => result.Status is SolverStatus.NonPositiveCurvature or SolverStatus.Diverged
        ? throw new KernelCoreException($"the damped curvature is not positive definite ({result.Status}): use more damping or the Gauss-Newton matrix")
        : result.RelativeResidual;
}
