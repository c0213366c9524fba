namespace KernelCore.Kernels.Cpu;

internal sealed unsafe partial class CpuLayerKernels
{
    public void ScaleShift(ChannelLayout layout, Tensor x, Tensor? gamma, Tensor? beta, Tensor y) => Channels.Run(
        device.Pool,
        layout,
        new ChannelAffine { X = HostMemory.Of(x), Y = HostMemory.Of(y), Gamma = HostMemory.Of(gamma), Beta = HostMemory.Of(beta) });
}
