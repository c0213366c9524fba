namespace KernelCore.Kernels.Ilgpu.Tests.Ptx;

/// <summary>Against NVIDIA's occupancy calculator.</summary>
public class OccupancyTests
{
    [Theory]
    [InlineData(32, 0, 1)]
    [InlineData(33, 0, 0.75)]
    [InlineData(64, 0, 0.5)]
    [InlineData(65, 0, 0.375)]
    [InlineData(255, 0, 0.125)]
    [InlineData(32, 8192, 1)]
    [InlineData(32, 49152, 0.375)]
    public void Of_groups_of_256_on_an_A100(int registers, int shared, double expected) =>
        Assert.Equal(expected, Multiprocessor.A100.Occupancy(new KernelResources(registers, shared, 0), 256));

    [Fact]
    public void Shared_memory_is_what_an_H100_has_more_of() =>
        Assert.Equal(0.5, Multiprocessor.H100.Occupancy(new KernelResources(32, 49152, 0), 256));

    [Fact]
    public void Small_groups_are_bounded_by_their_number() =>
        Assert.Equal(0.5, Multiprocessor.A100.Occupancy(new KernelResources(16, 0, 0), 32));
}
