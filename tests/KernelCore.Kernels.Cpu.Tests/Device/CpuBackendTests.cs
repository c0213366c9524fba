namespace KernelCore.Kernels.Cpu.Tests;

public sealed class CpuBackendTests
{
    private readonly CpuBackend _backend = new();

    [Fact]
    public void ProbeDescribesTheProcessor()
    {
        BackendStatus status = _backend.Probe();
        Assert.True(status.Available);
        DeviceDescription device = Assert.Single(status.Devices);
        Assert.Equal("cpu", device.Selector);
        Assert.NotEmpty(device.Hardware);
        Assert.Equal(CpuDevice.InstructionSet, device.InstructionSet);
        Assert.Equal(Environment.ProcessorCount, device.Threads);
        Assert.InRange(device.MemoryBytes, 1, long.MaxValue);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void SelectorSetsTheThreads(int threads)
    {
        using var device = (CpuDevice)_backend.Open($"cpu:{threads}");
        Assert.Equal(threads, device.Threads);
        using var same = (CpuDevice)_backend.Open(device.Name);
        Assert.Equal(threads, same.Threads);
    }

    [Fact]
    public void PlainSelectorTakesEveryProcessor()
    {
        using var device = (CpuDevice)_backend.Open("cpu");
        Assert.Equal(Environment.ProcessorCount, device.Threads);
    }

    [Theory]
    [InlineData("cpu:0")]
    [InlineData("cpu:")]
    [InlineData("cpu:-1")]
    [InlineData("cpu:two")]
    [InlineData("cpux")]
    [InlineData("ilgpu:cuda:0")]
    public void OtherSelectorsAreRefusedByName(string selector)
    {
        var error = Assert.Throws<BackendUnavailableException>(() => _backend.Open(selector));
        Assert.Contains($"'{selector}'", error.Message);
    }
}
