using KernelCore.Verification;

namespace KernelCore.Kernels.Ilgpu.Tests;

public class ReferenceCaseTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.safetensors").Select(file => Path.GetFileName(file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_expectation_is_met_on_the_emulator(string file)
    {
        using Device device = new IlgpuBackend().Open("ilgpu:emulator");
        VerificationReport report = ReferenceCase.Verify(Path.Combine(AppContext.BaseDirectory, "Golden", file), device);
        Assert.True(report.Passed, string.Join("; ", report.Quantities.Where(q => q.Verdict != Verdict.Passed).Select(q => $"{q.Quantity}: {q.Verdict}, {q.MaxError} at {q.Worst}")));
    }
}
