using KernelCore.Kernels.Ilgpu;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class IlgpuBackendTests
{
    [Fact]
    public void The_emulators_are_always_there()
    {
        BackendStatus status = new IlgpuBackend().Probe();
        Assert.True(status.Available);
        Assert.Equal(["ilgpu:emulator", "ilgpu:emulator:64"], status.Devices.Where(device => device.Kind == DeviceKind.Emulator).Select(device => device.Selector));
    }

    [Fact]
    public void An_unknown_device_is_refused_by_name() =>
        Assert.Contains("ilgpu:abacus", Assert.Throws<BackendUnavailableException>(() => new IlgpuBackend().Open("ilgpu:abacus")).Message, StringComparison.Ordinal);
}
