using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

/// <summary>Launches at the limits of a GPU, without one and without the memory: they fit or are refused before they start.</summary>
public class LaunchGridTests
{
    private const int GridLimit = int.MaxValue, OtherAxesLimit = 65_535, Extent = 64, Enough = 4096;

    [Theory]
    [InlineData(0L, 0)]
    [InlineData(1L, 1)]
    [InlineData(256L, 1)]
    [InlineData(257L, 2)]
    [InlineData(1L << 31, Enough)]
    [InlineData(64L << 31, Enough)]
    public void Loops_have_a_group_for_256_threads_until_the_device_is_full(long threads, int groups) =>
        Assert.Equal(groups, LaunchGrid.Groups(threads, 256, Enough));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(OtherAxesLimit, OtherAxesLimit)]
    [InlineData(OtherAxesLimit + 1, OtherAxesLimit + 1)]
    [InlineData(1 << 24, 1 << 24)]
    [InlineData(GridLimit, GridLimit)]
    public void A_batch_of_products_may_have_more_than_65535(int batch, int tiles) =>
        Assert.Equal(tiles, LaunchGrid.Tiles(new ProductShape(batch, Extent, Extent, Extent), Extent));

    [Theory]
    [InlineData(1, 0, 5, 3, 0)]
    [InlineData(1, 5, 0, 3, 0)]
    [InlineData(2, 65, 64, 0, 4)]
    [InlineData(1, 1 << 20, 1 << 20, 1, 1 << 28)]
    public void Tiles_cover_rows_and_columns(int batch, int rows, int columns, int depth, int tiles) =>
        Assert.Equal(tiles, LaunchGrid.Tiles(new ProductShape(batch, rows, columns, depth), Extent));

    [Theory]
    [InlineData(GridLimit, 65, 1, 1)]
    [InlineData(1, GridLimit, 1, 1)]
    [InlineData(1, 1, GridLimit, 1)]
    [InlineData(1, 1, 1, GridLimit)]
    [InlineData(1, 2_000_000_000, 2_000_000_000, 1)]
    public void A_product_beyond_one_launch_or_its_indices_is_refused(int batch, int rows, int columns, int depth)
    {
        var error = Assert.Throws<KernelCoreException>(() => LaunchGrid.Tiles(new ProductShape(batch, rows, columns, depth), Extent));
        Assert.Contains($"{batch} products of {rows} x {columns}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_times_columns_beyond_31_bits_are_refused_with_their_number()
    {
        LoopShape shape = KernelShapes.Add(65_536, 32_768);
        Assert.Equal(GridLimit, LaunchGrid.Iterations(shape.Count - 1));
        var error = Assert.Throws<KernelCoreException>(() => LaunchGrid.Iterations(shape.Count));
        Assert.Contains("2147483648", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_beyond_31_bits_is_refused_before_it_is_allocated()
    {
        using Device device = new IlgpuBackend().Open("ilgpu:emulator");
        Assert.Contains("2147483648", Assert.Throws<KernelCoreException>(() => device.Allocate([65_536, 32_768])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_done_for_no_samples()
    {
        using Device device = new IlgpuBackend().Open("ilgpu:emulator");
        using Tensor none = device.Allocate([0, 3]), weight = device.Allocate([2, 3], TestNumbers.Normal(1, 6)), output = device.Allocate([0, 2]), loss = device.Allocate([0]);
        using IndexTensor labels = device.AllocateIndices([0]);
        device.Kernels.LinearAlgebra.Gemm(false, true, 1, new Matrix(none, 0, 3), Matrix.Of(weight), 0, new Matrix(output, 0, 2));
        device.Kernels.Layers.Activation(ActivationKind.Gelu, 0, none, none);
        device.Kernels.Losses.CrossEntropy(output, labels, 1, loss, output);
        Assert.Equal(0, device.Kernels.Parameters.Dot(none, none));
    }
}
