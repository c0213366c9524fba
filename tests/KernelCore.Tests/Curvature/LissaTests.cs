using KernelCore.Conformance;
using KernelCore.Curvature;
using KernelCore.Kernels;

namespace KernelCore.Tests.Curvature;

public sealed class LissaTests
{
    [Theory]
    [InlineData(1, 4.0, 0.0)]
    [InlineData(20, 4.0, 0.0)]
    [InlineData(20, 6.0, 0.25)]
    public void Tends_to_the_inverse_with_damping_scale_times_d(int n, double scale, double d)
    {
        double[,] matrix = Symmetric.WithSpectrum(20, Symmetric.Logarithmic(n, 0.5, 5));
        using DenseOperator a = Symmetric.Operator(matrix);
        using Tensor b = Symmetric.Normal(21, n), x = a.Device.Allocate([n]);
        var options = new LissaOptions { Scale = scale, Damping = d, Tolerance = 1e-6 };
        Assert.Equal(scale * d, options.EffectiveDamping);
        SolverResult result = Lissa.Solve(a, b, x, options);

        Assert.True(result.Converged);
        for (int i = 0; i < n; i++)
        {
            matrix[i, i] += scale * d;
        }

        // The last update is the residual of the damped equation; rounding adds that of one iteration, twice (x and s x).
        double[] expected = Symmetric.Solve(matrix, DoubleArrays.Widen(b)), actual = DoubleArrays.Widen(x);
        double smallest = 0.5 + (scale * d), norm = Symmetric.Norm(actual);
        double bound = (1e-6 * scale * norm) + (2 * Symmetric.ProductError(matrix) * norm) + (TestNumbers.Gamma(6) * scale * norm);
        Assert.InRange(Symmetric.Distance(expected, actual), 0, bound / smallest);
    }

    [Fact]
    public void A_scale_of_the_eigenvalue_takes_one_step()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(4, 4));
        using Tensor b = Symmetric.Vector(1, -2), x = a.Device.Allocate([2]);
        Assert.Equal(new SolverResult(SolverStatus.Converged, 1, 0), Lissa.Solve(a, b, x, new LissaOptions { Scale = 4 }));
        Assert.Equal([0.25f, -0.5f], x.ToArray());
    }

    [Theory]
    [InlineData(9.0)]
    [InlineData(-0.5)]
    public void Divergence_is_reported(double eigenvalue)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Diagonal(1, eigenvalue));
        using Tensor b = Symmetric.Vector(1, 1), x = a.Device.Allocate([2]);
        SolverResult result = Lissa.Solve(a, b, x, new LissaOptions { Scale = 4 });
        Assert.Equal(SolverStatus.Diverged, result.Status);
        Assert.InRange(result.Iterations, 2, 40);
    }

    [Fact]
    public void Runs_the_full_depth_without_a_tolerance()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(1, 1, 1), x = a.Device.Allocate([3]);
        SolverResult result = Lissa.Solve(a, b, x, new LissaOptions { Tolerance = 0, MaxIterations = 7 });
        Assert.Equal((SolverStatus.IterationLimit, 7), (result.Status, result.Iterations));
    }

    [Fact]
    public void Zero_gives_zero()
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(0, 0, 0), x = Symmetric.Vector(1, 2, 3);
        Assert.Equal(new SolverResult(SolverStatus.Converged, 0, 0), Lissa.Solve(a, b, x));
        Assert.Equal([0, 0, 0], x.ToArray());
    }

    [Fact]
    public void NaN_is_an_error()
    {
        using Tensor b = Symmetric.Vector(1, 1), x = Symmetric.Vector(0, 0);
        Assert.Throws<KernelCoreException>(() => Lissa.Solve(new NotFinite(2), b, x));
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(1.0, -1.0)]
    public void Refuses_settings_without_meaning(double scale, double damping)
    {
        using DenseOperator a = Symmetric.Operator(Symmetric.Golden);
        using Tensor b = Symmetric.Vector(1, 1, 1), x = a.Device.Allocate([3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => Lissa.Solve(a, b, x, new LissaOptions { Scale = scale, Damping = damping }));
    }
}
