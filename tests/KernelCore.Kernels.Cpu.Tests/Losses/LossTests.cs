using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class CrossEntropyOneThreadTests : CrossEntropyConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class CrossEntropyThreeThreadsTests : CrossEntropyConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class HeadScoresOneThreadTests : HeadScoresConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class HeadScoresThreeThreadsTests : HeadScoresConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}
