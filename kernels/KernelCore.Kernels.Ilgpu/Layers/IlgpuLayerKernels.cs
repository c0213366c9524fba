namespace KernelCore.Kernels.Ilgpu;

/// <summary>Forward and backward rules of layers on the GPU.</summary>
internal sealed partial class IlgpuLayerKernels(IlgpuDevice device, IlgpuLinearAlgebra algebra) : ILayerKernels;
