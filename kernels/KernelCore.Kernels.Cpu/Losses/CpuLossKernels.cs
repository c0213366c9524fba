namespace KernelCore.Kernels.Cpu;

/// <summary>Losses on the CPU: a row of logits is read while it lies in the first-level cache; rows are shared between threads.</summary>
internal sealed partial class CpuLossKernels(CpuDevice device) : ILossKernels;
