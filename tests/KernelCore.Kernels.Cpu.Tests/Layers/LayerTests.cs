using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class ActivationOneThreadTests : ActivationConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class ActivationThreeThreadsTests : ActivationConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class PoolingOneThreadTests : PoolingConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class PoolingThreeThreadsTests : PoolingConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class ChannelOneThreadTests : ChannelConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class ChannelThreeThreadsTests : ChannelConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class SegmentNormOneThreadTests : SegmentNormConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class SegmentNormThreeThreadsTests : SegmentNormConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class AttentionOneThreadTests : AttentionConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class AttentionThreeThreadsTests : AttentionConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

[Trait(InstructionSets.Trait, InstructionSets.All)]
public sealed class TokenOneThreadTests : TokenConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class TokenThreeThreadsTests : TokenConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}
