using KernelCore.Tests.Api;

namespace KernelCore.Torch.Tests;

/// <summary>Keeps changes of the adapter's public API deliberate.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void Matches_the_approved_file() => ApprovedApi.Check("KernelCore.TorchSharp", "KernelCore.TorchSharp.Tests");
}
