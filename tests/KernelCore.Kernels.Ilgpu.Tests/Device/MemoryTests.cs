using KernelCore.Conformance;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class MemoryTests
{
    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 0)]
    [InlineData(63, 1)]
    [InlineData((2 << 20) - 1, 1)]
    [InlineData((4 << 20) + 77, 3)]
    public void Transfers_of_any_length_arrive(int count, int offset)
    {
        using Device device = TestDevices.Warp32();
        using Tensor all = device.Allocate([offset + count + 2]), window = all.View(offset, [count]);
        all.Fill(-1);
        float[] values = [.. Enumerable.Range(0, count).Select(i => (float)i)];
        window.CopyFrom(values);
        float[] read = all.ToArray();
        Assert.Equal(values, window.ToArray());
        Assert.Equal(values, read[offset..^2]);
        Assert.All([.. read[..offset], .. read[^2..]], value => Assert.Equal(-1, value));
    }

    [Fact]
    public void Many_small_uploads_do_not_overwrite_one_another()
    {
        using Device device = TestDevices.Warp32();
        Tensor[] tensors = [.. Enumerable.Range(0, 300).Select(i => device.Allocate([1000 * (i % 13)], TestNumbers.Normal((ulong)i, 1000 * (i % 13))))];
        for (int i = 0; i < tensors.Length; i++)
        {
            Assert.Equal(TestNumbers.Normal((ulong)i, 1000 * (i % 13)), tensors[i].ToArray());
            tensors[i].Dispose();
        }
    }

    [Fact]
    public void Memory_of_a_tensor_that_went_serves_the_next_and_starts_at_zero()
    {
        using Device device = TestDevices.Warp32();
        for (int i = 0; i < 3; i++)
        {
            using Tensor tensor = device.Allocate([100]);
            Assert.All(tensor.ToArray(), value => Assert.Equal(0, value));
            tensor.Fill(float.NaN);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_all_figures() => Assert.Equal(
        "NVIDIA H100 is out of memory: 30000 MB needed, 10000 MB of 80000 MB free, 70000 MB in tensors; use a batch of at most 80 % of this one",
        BufferPool.OutOfMemory("NVIDIA H100", 30_000_000_000, 10_000_000_000, 80_000_000_000, 70_000_000_000).Message);
}
