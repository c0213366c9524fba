using KernelCore.Kernels.Cpu;
using KernelCore.Verification;

namespace KernelCore.Tests.Verification;

/// <summary>The nine PyTorch reference cases, recomputed: logits, losses and every per-sample quantity.</summary>
public sealed class ReferenceCaseTests
{
    public static TheoryData<string> Cases => [.. Directory.GetFiles(GoldenDirectory, "*.safetensors").Select(p => Path.GetFileName(p)!).Order()];

    private static string GoldenDirectory => Path.Combine(AppContext.BaseDirectory, "Golden");

    [Fact]
    public void All_nine_cases_are_here() => Assert.Equal(9, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_quantity_agrees(string file)
    {
        using var device = new CpuDevice(threads: 2);
        VerificationReport report = ReferenceCase.Verify(Path.Combine(GoldenDirectory, file), device);

        var failures = report.Quantities.Where(q => q.Verdict == Verdict.Failed).ToArray();
        Assert.True(failures.Length == 0, string.Join(Environment.NewLine, failures.Select(f => f.ToString())));
        Assert.True(report.Passed);
        Assert.All(report.Quantities, q => Assert.NotEqual(Verdict.Unsupported, q.Verdict));
    }
}
