namespace KernelCore.Kernels.Cpu;

/// <summary>The CPU backend's kernels.</summary>
internal sealed class CpuKernels(CpuDevice device) : IKernels
{
    public ILinearAlgebra LinearAlgebra { get; } = new CpuLinearAlgebra(device);

    public ILayerKernels Layers { get; } = new CpuLayerKernels(device);

    public ITangentKernels Tangents { get; } = new CpuTangentKernels(device);

    public ILossKernels Losses { get; } = new CpuLossKernels(device);

    public IPerSampleKernels PerSample { get; } = new CpuPerSampleKernels(device);

    public IParameterKernels Parameters { get; } = new CpuParameterKernels(device);
}
