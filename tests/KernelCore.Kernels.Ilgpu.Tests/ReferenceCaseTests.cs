using KernelCore.Verification;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class ReferenceCaseTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.safetensors").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_expectation_is_met(string file)
    {
        using Device device = TestDevices.Warp32();
        AssertMet(file, device);
    }

    [SkippableFact]
    public void Every_expectation_is_met_on_graphics_cards_and_OpenCL()
    {
        string[] selectors =
        [
            .. new IlgpuBackend().Probe().Devices.Where(device => device.Kind != DeviceKind.Emulator).Select(device => device.Selector)
                .Where(selector => !selector.EndsWith(":tf32", StringComparison.Ordinal) && !selector.EndsWith(":bf16", StringComparison.Ordinal)),
        ];
        Skip.If(selectors.Length == 0, "no CUDA and no OpenCL device with a generic address space on this machine");
        foreach (string selector in selectors)
        {
            using Device device = new IlgpuBackend().Open(selector);
            foreach (string file in Files)
            {
                AssertMet(file, device);
            }
        }
    }

    private static void AssertMet(string file, Device device)
    {
        VerificationReport report = ReferenceCase.Verify(Path.Combine(AppContext.BaseDirectory, "Golden", file), device);
        Assert.True(
            report.Passed,
            $"{file} on {device}: " + string.Join("; ", report.Quantities.Where(q => q.Verdict != Verdict.Passed).Select(q => $"{q.Quantity}: {q.Verdict}, {q.MaxError} at {q.Worst}")));
    }
}
