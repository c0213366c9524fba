using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class VectorOneThreadTests : VectorConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class VectorThreeThreadsTests : VectorConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class OptimizerOneThreadTests : OptimizerConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class OptimizerThreeThreadsTests : OptimizerConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}
