using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

public sealed class CrossEntropyOneThreadTests : CrossEntropyConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class CrossEntropyThreeThreadsTests : CrossEntropyConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}

public sealed class HeadScoresOneThreadTests : HeadScoresConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class HeadScoresThreeThreadsTests : HeadScoresConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}
