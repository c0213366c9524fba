using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>The bits of a product depend on nothing but its numbers and the instruction set.</summary>
public sealed unsafe class GemmDeterminismTests
{
    [Theory]
    [InlineData(200, 300, 520)]
    [InlineData(3000, 10, 64)]
    [InlineData(10, 3000, 600)]
    [InlineData(1600, 65, 70)]
    [InlineData(128, 128, 128)]
    public void SameBitsForEveryThreadCount(int m, int n, int k)
    {
        float[] reference = Product(1, m, n, k);
        foreach (int threads in (int[])[2, 3, 4, 7])
        {
            Assert.Equal(reference, Product(threads, m, n, k));
        }
    }

    [Theory]
    [InlineData(40, 70, 600)]
    [InlineData(100, 10, 33)]
    public void SameBitsAloneInABlockAndInTheWhole(int m, int n, int k)
    {
        float[] whole = Product(1, m, n, k);
        float[] a = TestNumbers.Normal(1, m * k), b = TestNumbers.Normal(2, k * n), part = new float[m * n];
        fixed (float* pa = a, pb = b, pc = part)
        {
            foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (1, n), (m, 1), (7, 5), (13, 33)])
            {
                Array.Clear(part);
                for (int i = 0; i < m; i += rows)
                {
                    for (int j = 0; j < n; j += columns)
                    {
                        BlockGemm.Multiply(
                            false, false, Math.Min(rows, m - i), Math.Min(columns, n - j), k, 1, pa + (i * k), k, pb + j, n, 0, pc + (i * n) + j, n);
                    }
                }

                Assert.Equal(whole, part);
            }
        }
    }

    [Theory]
    [InlineData(1, 48, 48, 48)]
    [InlineData(1, 500, 10, 60)]
    [InlineData(2, 150, 150, 600)]
    public void AllocatesNothingInSteadyState(int threads, int m, int n, int k)
    {
        using var device = new CpuDevice(threads);
        using Tensor a = device.Allocate([m, k]), b = device.Allocate([n, k]), c = device.Allocate([m, n]), bias = device.Allocate([n]), f = device.Allocate([m, n]);
        var activated = new ActivatedOutput(ActivationKind.Gelu, 0, Matrix.Of(f));
        SteadyState.AssertNoAllocation(() => device.Kernels.LinearAlgebra.Gemm(false, true, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c), bias, activated));
    }

    private static float[] Product(int threads, int m, int n, int k)
    {
        using var device = new CpuDevice(threads);
        using Tensor a = device.Allocate([m, k], TestNumbers.Normal(1, m * k));
        using Tensor b = device.Allocate([k, n], TestNumbers.Normal(2, k * n));
        using Tensor c = device.Allocate([m, n]);
        device.Kernels.LinearAlgebra.Gemm(false, false, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
        return c.ToArray();
    }
}
