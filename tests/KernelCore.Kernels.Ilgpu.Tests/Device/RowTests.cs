using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Rows that warps walk through in words of four, where rows neither start nor end with a word.</summary>
public class RowTests
{
    private const int Rows = 3;

    [Theory]
    [InlineData("ilgpu:emulator", 32)]
    [InlineData("ilgpu:emulator:64", 64)]
    public void Every_element_is_reached_and_no_other(string selector, int warp)
    {
        using Device device = new IlgpuBackend().Open(selector);
        int chunk = 4 * warp;
        foreach (int length in new[] { 1, 3, 4, warp, warp + 1, chunk - 1, chunk, chunk + 1, chunk + 4, (5 * chunk) + 2 })
        {
            foreach (int offset in new[] { 0, 1, 4 })
            {
                // With this scale and targets of 0, the gradient of the squared error is the output itself.
                float[] outputs = TestNumbers.Normal(1, Rows * length), before = TestNumbers.Normal(3, offset + outputs.Length + 5);
                using Tensor x = device.Allocate([Rows, length], outputs), targets = device.Allocate([Rows, length]), loss = device.Allocate([Rows]);
                using Tensor all = device.Allocate([before.Length], before), gradient = all.View(offset, [Rows, length]);
                device.Kernels.Losses.SquaredError(x, targets, length / 2f, loss, gradient);
                Assert.Equal([.. before[..offset], .. outputs, .. before[^5..]], all.ToArray());
            }
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(128)]
    [InlineData(257)]
    [InlineData(3000)]
    public void Where_a_row_starts_changes_the_order_of_double_sums_alone(int length)
    {
        using Device device = TestDevices.Warp32();
        float[] numbers = TestNumbers.Normal(2, Rows * length);
        double exact = numbers.Sum(x => (double)x * x);
        foreach (int offset in new[] { 0, 1, 2, 3, 4 })
        {
            using Tensor all = device.Allocate([offset + numbers.Length]), x = all.View(offset, [numbers.Length]);
            x.CopyFrom(numbers);
            double once = device.Kernels.Parameters.Dot(x, x);
            Assert.InRange(once, exact * (1 - 1e-13), exact * (1 + 1e-13));
            Assert.Equal(once, device.Kernels.Parameters.Dot(x, x));

            using Tensor normalized = device.Allocate([Rows, length]), inverse = device.Allocate([Rows]);
            device.Kernels.Layers.NormalizeSegments(Rows, length, 1e-5f, x, normalized, inverse);
            double[] expected = new double[numbers.Length], expectedInverse = new double[Rows];
            Definitions.SegmentNormalization.Forward<double>(Rows, length, 1e-5f, DoubleArrays.Widen(numbers), expected, expectedInverse);
            AssertNumbers.Within(expected, normalized.ToArray(), i => (TestNumbers.Gamma(1) * Math.Abs(expected[i])) + 1e-10, $"offset {offset}");
        }
    }
}
