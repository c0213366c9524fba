namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// A kernel: its fields are the arguments of a launch, <see cref="Run"/> is what one thread does. A struct, so that ILGPU
/// passes the fields to the device and inlines everything it calls.
/// </summary>
internal interface IGridKernel
{
    void Run();
}
