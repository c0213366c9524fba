using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class GemmOnOneThread : GemmConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(1);
}

public sealed class GemmOnTwoThreads : GemmConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(2);
}

public sealed class GemmOnFiveThreads : GemmConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(5);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class ActivatedGemmOnOneThread : ActivatedGemmConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(1);
}

public sealed class ActivatedGemmOnFiveThreads : ActivatedGemmConformance
{
    protected override Func<Kernels.Device> Open => () => new CpuDevice(5);
}
