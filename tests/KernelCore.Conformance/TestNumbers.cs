using KernelCore.Kernels;

namespace KernelCore.Conformance;

/// <summary>Reproducible test data and error bounds.</summary>
public static class TestNumbers
{
    private const ulong Seed = 20250731;

    /// <summary>Unit roundoff of float32, 2^-24.</summary>
    public const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>Standard normal floats.</summary>
    public static float[] Normal(ulong stream, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Philox.Normal(Seed, stream, (ulong)i);
        }

        return values;
    }

    /// <summary>Integers in [0, bound).</summary>
    public static int[] Integers(ulong stream, int count, int bound)
    {
        var values = new int[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = Philox.Integer(Seed, stream, (ulong)i, bound);
        }

        return values;
    }

    /// <summary>gamma_n = n u / (1 - n u): the relative error bound of n float32 roundings (Higham, 2002, section 3.1).</summary>
    public static double Gamma(int n) => n * UnitRoundoff / (1 - (n * UnitRoundoff));
}

/// <summary>Comparisons with a double oracle.</summary>
public static class AssertNumbers
{
    /// <summary>Fails unless |actual_i - expected_i| is at most bound_i for all i; NaN and infinities must match exactly.</summary>
    /// <param name="expected">Oracle.</param>
    /// <param name="actual">Result under test.</param>
    /// <param name="bound">Absolute error bound of element i.</param>
    /// <param name="what">Name shown on failure.</param>
    public static void Within(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, Func<int, double> bound, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double e = expected[i], a = actual[i], limit = bound(i);
            bool same = double.IsFinite(e) && float.IsFinite(actual[i]) ? Math.Abs(a - e) <= limit : a.Equals((double)(float)e);
            if (!same)
            {
                Assert.Fail($"{what}[{i}]: expected {e:R}, got {a:R}, error {Math.Abs(a - e):E2}, bound {limit:E2}");
            }
        }
    }
}
