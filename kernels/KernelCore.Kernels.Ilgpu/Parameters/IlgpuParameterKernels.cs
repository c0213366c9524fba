namespace KernelCore.Kernels.Ilgpu;

/// <summary>Vector operations and optimiser steps on the GPU.</summary>
internal sealed partial class IlgpuParameterKernels(IlgpuDevice device) : IParameterKernels;
