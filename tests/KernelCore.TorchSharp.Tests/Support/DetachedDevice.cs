using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore.Torch.Tests;

/// <summary>A device that torch shares no memory with: the CPU under another kind, which makes the adapter copy.</summary>
internal sealed class DetachedDevice : Device
{
    public override string Name => "detached";

    public override DeviceKind Kind => DeviceKind.Emulator;

    public override IKernels Kernels => CpuDevice.Shared.Kernels;

    public override void Synchronize() { }

    public override void Dispose() { }

    protected override DeviceBuffer<float> AllocateFloats(long count) => CpuDevice.Shared.Allocate([checked((int)count)]).Buffer;

    protected override DeviceBuffer<int> AllocateInts(long count) => CpuDevice.Shared.AllocateIndices([checked((int)count)]).Buffer;
}
