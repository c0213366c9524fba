namespace KernelCore.Tests.Api;

/// <summary>Keeps changes of the public API deliberate: each assembly must read as in its approved file.</summary>
public class PublicApiTests
{
    [Theory]
    [InlineData("KernelCore")]
    [InlineData("KernelCore.Kernels")]
    [InlineData("KernelCore.Kernels.Cpu")]
    public void MatchesTheApprovedFile(string assembly) => ApprovedApi.Check(assembly, "KernelCore.Tests");
}
