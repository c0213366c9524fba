namespace KernelCore.Kernels.Tests;

/// <summary>Gradients by central differences in double.</summary>
internal static class FiniteDifference
{
    private const double Step = 1e-5;

    /// <summary>Fails unless the gradient of f at x is right: error h^2/6 |f'''| + u |f| / h, both near 1e-10 here.</summary>
    public static void Check(Func<double[], double> f, double[] x, double[] gradient, double tolerance = 1e-8)
    {
        Assert.Equal(x.Length, gradient.Length);
        for (int i = 0; i < x.Length; i++)
        {
            double[] up = [.. x], down = [.. x];
            up[i] += Step;
            down[i] -= Step;
            double expected = (f(up) - f(down)) / (2 * Step);
            Assert.True(Math.Abs(expected - gradient[i]) <= tolerance * (1 + Math.Abs(expected)), $"[{i}]: difference {expected:R}, gradient {gradient[i]:R}");
        }
    }

    /// <summary>Standard normal doubles.</summary>
    public static double[] Normal(ulong stream, int count) => Conformance.DoubleArrays.Widen(Conformance.TestNumbers.Normal(stream, count));

    /// <summary>a . b.</summary>
    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
