using KernelCore.Kernels.Ilgpu;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class IlgpuBackendTests
{
    [Fact]
    public void The_emulators_are_always_there()
    {
        BackendStatus status = new IlgpuBackend().Probe();
        Assert.True(status.Available);
        Assert.Equal(["ilgpu:emulator", "ilgpu:emulator:64", "ilgpu:emulator:tf32", "ilgpu:emulator:bf16"], status.Devices.Where(device => device.Kind == DeviceKind.Emulator).Select(device => device.Selector));
    }

    [Fact]
    public void An_unknown_device_is_refused_by_name() =>
        Assert.Contains("ilgpu:abacus", Assert.Throws<BackendUnavailableException>(() => new IlgpuBackend().Open("ilgpu:abacus")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_precision_of_products_has_to_be_asked_for()
    {
        foreach (DeviceDescription device in new IlgpuBackend().Probe().Devices)
        {
            Assert.Equal(device.Selector.EndsWith(":tf32", StringComparison.Ordinal), device.InstructionSet.Contains("products in tf32", StringComparison.Ordinal));
            Assert.Equal(device.Selector.EndsWith(":bf16", StringComparison.Ordinal), device.InstructionSet.Contains("products in bf16", StringComparison.Ordinal));
        }

        Assert.Equal((ProductMode.Own, ""), Opened("ilgpu:emulator"));
        Assert.Equal((ProductMode.Tf32, "products in tf32"), Opened("ilgpu:emulator:tf32"));
        Assert.Equal((ProductMode.Bf16, "products in bf16"), Opened("ilgpu:emulator:bf16"));
    }

    [Theory]
    [InlineData("ilgpu:emulator:64:tf32", "'ilgpu:emulator:64:tf32' needs tensor cores of compute capability 8.0 or newer, which ilgpu:emulator:64 (warps of 64) lacks")]
    [InlineData("ilgpu:emulator:cublas", "no device 'ilgpu:emulator:cublas'; this machine has ")]
    public void A_mode_that_a_device_lacks_is_refused_with_the_reason(string selector, string reason) =>
        Assert.StartsWith(reason, Assert.Throws<BackendUnavailableException>(() => new IlgpuBackend().Open(selector)).Message, StringComparison.Ordinal);

    private static (ProductMode Products, string Remark) Opened(string selector)
    {
        using var device = (IlgpuDevice)new IlgpuBackend().Open(selector);
        return (device.Products, device.Remark);
    }
}
