using KernelCore.Conformance;

namespace KernelCore.Kernels.Cpu.Tests;

public sealed class ActivationTangentOneThreadTests : ActivationTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class ActivationTangentThreeThreadsTests : ActivationTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}

public sealed class NormalizationTangentOneThreadTests : NormalizationTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class NormalizationTangentThreeThreadsTests : NormalizationTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}

public sealed class AttentionTangentOneThreadTests : AttentionTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class AttentionTangentThreeThreadsTests : AttentionTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}

public sealed class SelectionTangentOneThreadTests : SelectionTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class SelectionTangentThreeThreadsTests : SelectionTangentConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}

public sealed class CrossEntropyCurvatureOneThreadTests : CrossEntropyCurvatureConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 1);
}

public sealed class CrossEntropyCurvatureThreeThreadsTests : CrossEntropyCurvatureConformance
{
    protected override Device OpenDevice() => new CpuDevice(threads: 3);
}
