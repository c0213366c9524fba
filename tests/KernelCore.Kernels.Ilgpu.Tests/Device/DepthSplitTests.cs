using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Sums over a great depth into a small result.</summary>
public class DepthSplitTests
{
    private const int Extent = 64, Groups = 4 * 132;

    [Theory]
    [InlineData(1, 64, 64, 511, 1, 511)]
    [InlineData(1, 64, 64, 512, 2, 256)]
    [InlineData(1, 64, 64, 16_384, 64, 256)]
    [InlineData(1, 64, 64, 16_385, 52, 320)]
    [InlineData(1, 10, 784, 100_000, 40, 2560)]
    [InlineData(1, 64, 64, 1 << 24, 528, 31_808)]
    [InlineData(1, 1024, 1024, 16_384, 2, 8192)]
    [InlineData(1, 2048, 2048, 16_384, 1, 16_384)]
    [InlineData(1, 0, 64, 16_384, 64, 256)]
    [InlineData(1, 64, 64, 0, 1, 0)]
    [InlineData(1 << 24, 64, 64, 16_384, 1, 16_384)]
    [InlineData(1, 1, 1, int.MaxValue - Extent, 528, 4_067_264)]
    [InlineData(1, 1 << 20, 1 << 20, int.MaxValue - Extent, 1, int.MaxValue - Extent)]
    public void There_are_as_many_parts_as_fill_an_H100_with_small_tiles(int batch, int rows, int columns, int depth, int parts, int each)
    {
        DepthSplit split = DepthSplit.Of(new ProductShape(batch, rows, columns, depth), Extent, Groups);
        Assert.Equal(new DepthSplit(parts, each), split);
        Assert.True(((split.Parts - 1L) * split.Depth) < Math.Max(1, depth) && (long)split.Parts * split.Depth >= depth);
    }

    [Theory]
    [InlineData(1, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void No_number_of_groups_overflows(int tiles, int groups)
    {
        DepthSplit split = DepthSplit.Of(new ProductShape(tiles, 1, 1, 1 << 30), Extent, groups);
        Assert.InRange(split.Parts, 1, 1 << 22);
        Assert.True((long)split.Parts * split.Depth >= 1 << 30);
    }

    [Theory]
    [InlineData(1, 32)]
    [InlineData(31, 32)]
    [InlineData(64, 32)]
    [InlineData(65, 32)]
    [InlineData(95, 32)]
    [InlineData(96, 64)]
    [InlineData(131, 64)]
    public void Parts_add_up_to_the_whole(int depth, int each)
    {
        using var device = (IlgpuDevice)new IlgpuBackend().Open("ilgpu:emulator");
        var algebra = new IlgpuLinearAlgebra(device);
        const int Batch = 2, Rows = 5, Columns = 18;
        float[] a = TestNumbers.Normal(1, Batch * depth * Rows), b = TestNumbers.Normal(2, Batch * depth * Columns), old = TestNumbers.Normal(3, Batch * Rows * Columns), bias = TestNumbers.Normal(4, Columns);
        using Tensor left = device.Allocate([a.Length], a), right = device.Allocate([b.Length], b), shift = device.Allocate([Columns], bias);
        var shape = new ProductShape(Batch, Rows, Columns, depth);
        foreach ((float alpha, float beta, bool hasBias) in new[] { (1f, 0f, false), (-0.5f, 0.75f, true) })
        {
            using Tensor result = device.Allocate([old.Length], beta == 0 ? [.. old.Select(_ => float.NaN)] : old);
            var to = new Destination(DeviceMemory.Of(result), Columns, BatchLayout.Contiguous(Rows * Columns), alpha, beta)
            {
                Bias = MatrixOperand.RowOf(DeviceMemory.Of(hasBias ? shift : null)),
            };
            algebra.MultiplyInParts(Transposed(left, Rows), Transposed(right, Columns), shape, new DepthSplit((depth + each - 1) / each, each), to);

            double[] expected = new double[old.Length], magnitude = new double[old.Length];
            for (int i = 0; i < expected.Length; i++)
            {
                int batch = i / (Rows * Columns), row = i / Columns % Rows, column = i % Columns;
                for (int t = 0; t < depth; t++)
                {
                    double product = (double)alpha * a[(((batch * depth) + t) * Rows) + row] * b[(((batch * depth) + t) * Columns) + column];
                    expected[i] += product;
                    magnitude[i] += Math.Abs(product);
                }

                double rest = (beta == 0 ? 0 : (double)beta * old[i]) + (hasBias ? bias[column] : 0);
                expected[i] += rest;
                magnitude[i] += (beta == 0 ? 0 : Math.Abs(beta * old[i])) + (hasBias ? Math.Abs(bias[column]) : 0);
            }

            // A part's terms in float32, their sum in double, its rounding, alpha, beta and the bias.
            AssertNumbers.Within(expected, result.ToArray(), i => TestNumbers.Gamma(each + 5) * magnitude[i], $"depth {depth} in parts of {each}");
        }

        MatrixOperand Transposed(Tensor tensor, int rows) =>
            new() { Elements = DeviceMemory.Of(tensor), RowStride = 1, DepthStride = rows, Batches = BatchLayout.Contiguous(depth * rows) };
    }

    [Fact]
    public void A_split_product_has_the_same_bits_on_every_run()
    {
        const int Rows = 3, Columns = 7, Depth = 1031;
        using var device = (IlgpuDevice)new IlgpuBackend().Open("ilgpu:emulator");
        Assert.True(DepthSplit.Of(new ProductShape(1, Rows, Columns, Depth), 16, 4 * device.Multiprocessors).Parts > 1);
        using Tensor a = device.Allocate([Depth, Rows], TestNumbers.Normal(1, Depth * Rows)), b = device.Allocate([Depth, Columns], TestNumbers.Normal(2, Depth * Columns));
        using Tensor first = device.Allocate([Rows, Columns]), second = device.Allocate([Rows, Columns]);
        foreach (Tensor c in new[] { first, second })
        {
            device.Kernels.LinearAlgebra.Gemm(true, false, 1, Matrix.Of(a), Matrix.Of(b), 0, Matrix.Of(c));
        }

        Assert.Equal(first.ToArray(), second.ToArray());
    }

    [Theory]
    [InlineData("ilgpu:emulator")]
    [InlineData("ilgpu:emulator:tf32")]
    [InlineData("ilgpu:emulator:bf16")]
    public void A_split_product_of_a_matrix_with_its_own_transpose_is_exactly_symmetric(string selector)
    {
        const int Rows = 7, Depth = 1031;
        using var device = (IlgpuDevice)new IlgpuBackend().Open(selector);
        var algebra = (IlgpuLinearAlgebra)device.Kernels.LinearAlgebra;
        Assert.True(DepthSplit.Of(new ProductShape(1, Rows, Rows, Depth), algebra.TileExtent, 4 * device.Multiprocessors).Parts > 1);
        using Tensor a = device.Allocate([Rows, Depth], TestNumbers.Normal(1, Rows * Depth)), gram = device.Allocate([Rows, Rows]);
        algebra.OwnGemm(false, true, 1, Matrix.Of(a), Matrix.Of(a), 0, Matrix.Of(gram));
        float[] products = gram.ToArray();
        Assert.All(Enumerable.Range(0, products.Length), i => Assert.Equal(products[i], products[(i % Rows * Rows) + (i / Rows)]));
    }
}
