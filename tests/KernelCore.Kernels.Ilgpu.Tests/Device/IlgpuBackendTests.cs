using KernelCore.Kernels.Ilgpu;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class IlgpuBackendTests
{
    [Fact]
    public void The_emulator_is_always_there()
    {
        BackendStatus status = new IlgpuBackend().Probe();
        Assert.True(status.Available);
        DeviceDescription emulator = Assert.Single(status.Devices, device => device.Kind == DeviceKind.Emulator);
        Assert.Equal("ilgpu:emulator", emulator.Selector);
    }

    [Fact]
    public void An_unknown_device_is_refused_by_name() =>
        Assert.Contains("ilgpu:abacus", Assert.Throws<BackendUnavailableException>(() => new IlgpuBackend().Open("ilgpu:abacus")).Message, StringComparison.Ordinal);
}
