namespace KernelCore.Tests;

/// <summary>Comparison of float32 results with a double oracle at the scale of the whole tensor.</summary>
internal static class AssertClose
{
    /// <summary>Fails unless |actual_i - expected_i| is at most tolerance x the largest |expected|, for all i.</summary>
    /// <param name="expected">Oracle.</param>
    /// <param name="actual">Result under test.</param>
    /// <param name="tolerance">Relative to the largest expected magnitude.</param>
    /// <param name="what">Name shown on failure.</param>
    /// <param name="floor">Magnitude below which the tensor counts as zero: what its terms are before they cancel.</param>
    public static void Equal(IEnumerable<double> expected, IEnumerable<float> actual, double tolerance, string what, double floor = 1e-3)
    {
        double[] e = [.. expected], a = [.. actual.Select(v => (double)v)];
        Assert.Equal(e.Length, a.Length);
        double scale = e.Length == 0 ? 0 : Math.Max(floor, e.Max(Math.Abs));
        for (int i = 0; i < e.Length; i++)
        {
            if (!(Math.Abs(a[i] - e[i]) <= tolerance * scale))
            {
                Assert.Fail($"{what}[{i}]: expected {e[i]:R}, got {a[i]:R}, error {Math.Abs(a[i] - e[i]) / scale:E2} of {scale:E2}, tolerance {tolerance:E2}");
            }
        }
    }
}
