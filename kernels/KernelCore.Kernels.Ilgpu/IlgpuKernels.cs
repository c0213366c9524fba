namespace KernelCore.Kernels.Ilgpu;

/// <summary>The GPU backend's kernels.</summary>
internal sealed class IlgpuKernels : IKernels
{
    public IlgpuKernels(IlgpuDevice device, IlgpuLinearAlgebra algebra)
    {
        LinearAlgebra = algebra;
        Layers = new IlgpuLayerKernels(device, algebra);
        Tangents = new IlgpuTangentKernels(device, algebra);
        Losses = new IlgpuLossKernels(device);
        PerSample = new IlgpuPerSampleKernels(device, algebra);
        Parameters = new IlgpuParameterKernels(device);
    }

    public ILinearAlgebra LinearAlgebra { get; }

    public ILayerKernels Layers { get; }

    public ITangentKernels Tangents { get; }

    public ILossKernels Losses { get; }

    public IPerSampleKernels PerSample { get; }

    public IParameterKernels Parameters { get; }
}
