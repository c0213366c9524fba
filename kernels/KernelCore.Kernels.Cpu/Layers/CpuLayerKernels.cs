namespace KernelCore.Kernels.Cpu;

/// <summary>Layer rules on the CPU: one part of the class per family of operations.</summary>
/// <remarks>
/// Work is split over outputs into pieces whose size depends on the shapes alone, so results are the same bits for
/// every thread count.
/// </remarks>
internal sealed partial class CpuLayerKernels(CpuDevice device) : ILayerKernels;
