namespace KernelCore.Kernels.Ilgpu;

/// <summary>Tangent rules on the GPU.</summary>
internal sealed partial class IlgpuTangentKernels(IlgpuDevice device, IlgpuLinearAlgebra algebra) : ITangentKernels;
