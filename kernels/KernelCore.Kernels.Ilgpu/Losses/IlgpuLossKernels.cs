namespace KernelCore.Kernels.Ilgpu;

/// <summary>Losses on the GPU: a warp takes a sample.</summary>
internal sealed partial class IlgpuLossKernels(IlgpuDevice device) : ILossKernels;
