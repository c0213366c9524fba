using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

/// <summary>What holds for every operation: bits that do not depend on the number of threads, and no garbage.</summary>
public sealed class SteadyStateTests
{
    public static TheoryData<string> Operations => [.. Tests.Operations.Names];

    [Theory]
    [MemberData(nameof(Operations))]
    public void ResultsAreTheSameBitsForEveryThreadCount(string operation)
    {
        int[] expected = Bits(operation, threads: 1);
        Assert.Equal(expected, Bits(operation, threads: 2));
        Assert.Equal(expected, Bits(operation, threads: 3));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void NothingIsAllocatedAfterTheFirstCalls(string operation)
    {
        using Operations.Run run = Tests.Operations.Prepare(operation, new CpuDevice(threads: 1));
        SteadyState.AssertNoAllocation(run.Once);
    }

    private static int[] Bits(string operation, int threads)
    {
        using Operations.Run run = Tests.Operations.Prepare(operation, new CpuDevice(threads));
        run.Once();
        return run.Bits();
    }
}
