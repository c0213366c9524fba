namespace KernelCore.Kernels.Cpu;

/// <summary>Vector operations and optimiser steps on the CPU.</summary>
internal sealed partial class CpuParameterKernels(CpuDevice device) : IParameterKernels;
