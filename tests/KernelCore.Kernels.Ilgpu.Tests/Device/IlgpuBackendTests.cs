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

        Assert.Equal(ProductPrecision.Single, Precision("ilgpu:emulator"));
        Assert.Equal(ProductPrecision.Tf32, Precision("ilgpu:emulator:tf32"));
        Assert.Equal(ProductPrecision.Bf16, Precision("ilgpu:emulator:bf16"));
    }

    [Fact]
    public void A_precision_that_a_device_lacks_is_refused_with_the_reason() => Assert.Equal(
        "'ilgpu:emulator:64:tf32' needs tensor cores of compute capability 8.0 or newer, which ilgpu:emulator:64 (warps of 64) lacks",
        Assert.Throws<BackendUnavailableException>(() => new IlgpuBackend().Open("ilgpu:emulator:64:tf32")).Message);

    private static ProductPrecision Precision(string selector)
    {
        using var device = (IlgpuDevice)new IlgpuBackend().Open(selector);
        return device.Precision;
    }
}
