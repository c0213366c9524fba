namespace KernelCore.Kernels.Cpu;

/// <summary>Tangents of the layer rules on the CPU: one part of the class per family of operations.</summary>
/// <remarks>Work is split over outputs into pieces whose size depends on the shapes alone, as for <see cref="CpuLayerKernels"/>.</remarks>
internal sealed partial class CpuTangentKernels(CpuDevice device) : ITangentKernels;
