using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

public sealed class ActivationTangentOneThreadTests : ActivationTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class ActivationTangentThreeThreadsTests : ActivationTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

public sealed class NormalizationTangentOneThreadTests : NormalizationTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class NormalizationTangentThreeThreadsTests : NormalizationTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

public sealed class AttentionTangentOneThreadTests : AttentionTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class AttentionTangentThreeThreadsTests : AttentionTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

public sealed class SelectionTangentOneThreadTests : SelectionTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class SelectionTangentThreeThreadsTests : SelectionTangentConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}

public sealed class CrossEntropyCurvatureOneThreadTests : CrossEntropyCurvatureConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 1);
}

public sealed class CrossEntropyCurvatureThreeThreadsTests : CrossEntropyCurvatureConformance
{
    protected override Func<Device> Open => () => new CpuDevice(threads: 3);
}
