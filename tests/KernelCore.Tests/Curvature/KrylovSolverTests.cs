using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Tests.Curvature;

/// <summary>What conjugate gradients and MINRES have in common, and what sets them apart.</summary>
public sealed class KrylovSolverTests
{
    public delegate SolverResult Solver(ILinearOperator a, Tensor b, Tensor x, KrylovOptions? options, CancellationToken cancellation);

    public static TheoryData<string> Solvers => ["cg", "minres"];

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Agrees_with_the_dense_double_solution(string name)
    {
        foreach (int n in (int[])[1, 2, 3, 31, 64, 97])
        {
            double[,] matrix = Symmetric.WithSpectrum((ulong)n, Symmetric.Logarithmic(n, 0.05, 5));
            Check(Named(name), matrix, new KrylovOptions { Tolerance = 1e-5 }, SolverStatus.Converged);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(33)]
    public void Minres_solves_indefinite_systems(int n)
    {
        double[] spectrum = [.. Symmetric.Logarithmic(n, 0.1, 3).Select((v, i) => i % 2 == 0 ? v : -v)];
        Check(Named("minres"), Symmetric.WithSpectrum(5, spectrum), new KrylovOptions { Tolerance = 1e-5 }, SolverStatus.Converged);
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Ill_conditioned_systems_end_honestly(string name)
    {
        // Condition 1e9 is beyond float32: whatever the status, the reported residual is the true one.
        double[,] matrix = Symmetric.WithSpectrum(6, Symmetric.Logarithmic(40, 1e-9, 1));
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor b = Symmetric.Normal(7, 40), x = a.Device.Allocate([40]);
        SolverResult result = Named(name)(a, b, x, new KrylovOptions { Tolerance = 1e-7, MaxIterations = 400 }, default);
        Assert.False(result.Converged);
        Assert.Equal(TrueResidual(matrix, b, x), result.RelativeResidual, ResidualError(matrix, b, x));
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Zero_right_hand_side_has_zero_solution(string name)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(0, 0, 0), x = Symmetric.Vector(1, 2, 3);
        Assert.Equal(new SolverResult(SolverStatus.Converged, 0, 0), Named(name)(a, b, x, null, default));
        Assert.Equal([0, 0, 0], x.ToArray());
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void A_solution_as_start_takes_no_iteration(string name)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(3, 3, 0), x = Symmetric.Vector(1, 1, 1);
        Assert.Equal(new SolverResult(SolverStatus.Converged, 0, 0), Named(name)(a, b, x, new KrylovOptions { Start = x }, default));
        Assert.Equal([1, 1, 1], x.ToArray());
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Iterations_run_out(string name)
    {
        double[,] matrix = Symmetric.WithSpectrum(8, Symmetric.Logarithmic(50, 1e-3, 1));
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor b = Symmetric.Normal(9, 50), x = a.Device.Allocate([50]);
        SolverResult result = Named(name)(a, b, x, new KrylovOptions { MaxIterations = 5 }, default);
        Assert.Equal((SolverStatus.IterationLimit, 5), (result.Status, result.Iterations));
        Assert.Equal(TrueResidual(matrix, b, x), result.RelativeResidual, ResidualError(matrix, b, x));
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void NaN_is_an_error(string name)
    {
        using Tensor b = Symmetric.Vector(1, 1), nan = Symmetric.Vector(1, float.NaN), x = Symmetric.Vector(0, 0);
        using DenseOperator identity = Symmetric.Operator(Symmetric.Diagonal(1, 1));
        Assert.Contains("NaN", Assert.Throws<KernelCoreException>(() => Named(name)(new NotFinite(2), b, x, null, default)).Message, StringComparison.Ordinal);
        Assert.Throws<KernelCoreException>(() => Named(name)(identity, nan, x, null, default));
        Assert.Throws<KernelCoreException>(() => Named(name)(identity, b, x, new KrylovOptions { Start = nan }, default));
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Cancels_between_products(string name)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.WithSpectrum(10, Symmetric.Logarithmic(50, 1e-3, 1)));
        using Tensor b = Symmetric.Normal(11, 50), x = a.Device.Allocate([50]);
        using var source = new CancellationTokenSource();
        var counting = new Counting(a, source, cancelAfter: 3);
        Assert.Throws<OperationCanceledException>(() => Named(name)(counting, b, x, null, source.Token));
        Assert.Equal(3, counting.Products);
    }

    [Theory]
    [MemberData(nameof(Solvers))]
    public void Refuses_vectors_of_another_size(string name)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(1, 2), x = Symmetric.Vector(0, 0, 0);
        Assert.Throws<ArgumentException>(() => Named(name)(a, b, x, null, default));
        Assert.Throws<ArgumentException>(() => Named(name)(a, x, b, null, default));
    }

    [Fact]
    public void Conjugate_gradients_report_negative_curvature()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(1, -1)), zero = Symmetric.Operator(new double[2, 2]);
        using Tensor b = Symmetric.Vector(0, 2), x = Symmetric.Vector(9, 9);
        Assert.Equal(new SolverResult(SolverStatus.NonPositiveCurvature, 1, 1), ConjugateGradient.Solve(a, b, x));
        Assert.Equal([0, 0], x.ToArray());
        Assert.Equal(new SolverResult(SolverStatus.NonPositiveCurvature, 1, 1), ConjugateGradient.Solve(zero, b, x));
    }

    [Fact]
    public void An_exact_preconditioner_takes_one_iteration()
    {
        double[] diagonal = Symmetric.Logarithmic(30, 1e-4, 1e2);
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(diagonal));
        using DenseOperator inverse = Symmetric.Operator(Symmetric.Diagonal([.. diagonal.Select(d => 1 / d)]));
        using Tensor b = Symmetric.Normal(12, 30), x = a.Device.Allocate([30]);
        SolverResult result = ConjugateGradient.Solve(a, b, x, null, inverse);
        Assert.Equal((SolverStatus.Converged, 1), (result.Status, result.Iterations));
        Assert.All(DoubleArrays.Widen(b).Zip(diagonal, DoubleArrays.Widen(x)), t => Assert.Equal(t.First / t.Second, t.Third, 1e-5 * Math.Abs(t.Third)));
    }

    [Fact]
    public void Minres_minimises_where_there_is_no_solution()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(1, 0)), zero = Symmetric.Operator(new double[2, 2]);
        using Tensor b = Symmetric.Vector(1, 1), x = Symmetric.Vector(9, 9);
        SolverResult result = Minres.Solve(a, b, x);
        Assert.Equal(SolverStatus.LeastSquares, result.Status);
        Assert.Equal(Math.Sqrt(0.5), result.RelativeResidual, 1e-6);
        Assert.Equal(1, x.ToArray()[0], 1e-6f);
        Assert.Equal(SolverStatus.LeastSquares, Minres.Solve(zero, b, x).Status);
        Assert.Equal([0, 0], x.ToArray());
    }

    [Fact]
    public void Conjugate_gradients_end_within_as_many_steps_as_there_are_eigenvalues()
    {
        double[,] matrix = Symmetric.WithSpectrum(13, [.. Enumerable.Range(0, 60).Select(i => (i % 3) + 1.0)]);
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor b = Symmetric.Normal(14, 60), x = a.Device.Allocate([60]);
        Assert.InRange(ConjugateGradient.Solve(a, b, x).Iterations, 1, 3);
    }

    [Fact]
    public void Reports_progress()
    {
        var seen = new List<IterationProgress>();
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(1, 0, 0), x = a.Device.Allocate([3]);
        SolverResult result = ConjugateGradient.Solve(a, b, x, null, null, new Immediate(seen.Add));
        Assert.Equal(Enumerable.Range(1, result.Iterations), seen.Select(p => p.Iteration));
    }

    private static Solver Named(string name) => name == "cg"
        ? (a, b, x, options, cancellation) => ConjugateGradient.Solve(a, b, x, options, null, null, cancellation)
        : (a, b, x, options, cancellation) => Minres.Solve(a, b, x, options, null, cancellation);

    private static void Check(Solver solve, double[,] matrix, KrylovOptions options, SolverStatus expected)
    {
        int n = matrix.GetLength(0);
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor b = Symmetric.Normal(99, n), x = Symmetric.Normal(98, n);
        SolverResult result = solve(a, b, x, options, default);
        Assert.Equal(expected, result.Status);
        double bound = options.Tolerance + ResidualError(matrix, b, x);
        Assert.InRange(TrueResidual(matrix, b, x), 0, bound);

        // x - A^-1 b = A^-1 (A x - b).
        double smallest = Symmetric.Eigenvalues(matrix).Min(Math.Abs);
        double[] rhs = DoubleArrays.Widen(b);
        Assert.InRange(Symmetric.Distance(Symmetric.Solve(matrix, rhs), DoubleArrays.Widen(x)), 0, bound * Symmetric.Norm(rhs) / smallest);
    }

    private static double TrueResidual(double[,] matrix, Tensor b, Tensor x)
    {
        double[] rhs = DoubleArrays.Widen(b);
        return Symmetric.Distance(rhs, Symmetric.Multiply(matrix, DoubleArrays.Widen(x))) / Symmetric.Norm(rhs);
    }

    /// <summary>Rounding of one product and one subtraction, relative to b.</summary>
    private static double ResidualError(double[,] matrix, Tensor b, Tensor x)
    {
        double norm = Symmetric.Norm(DoubleArrays.Widen(b)), size = Symmetric.ProductError(matrix) * Symmetric.Norm(DoubleArrays.Widen(x));
        return (size / norm) + (2 * TestNumbers.UnitRoundoff * (1 + (size / norm) + TrueResidual(matrix, b, x)));
    }

    private sealed class Immediate(Action<IterationProgress> action) : IProgress<IterationProgress>
    {
        public void Report(IterationProgress value) => action(value);
    }
}
