namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// A kernel: its fields are the arguments of a launch, <see cref="Run"/> is what one thread does. A struct, so that ILGPU
/// passes the fields to the device and inlines everything it calls.
/// </summary>
internal interface IGridKernel
{
    /// <summary>Groups that a multiprocessor of a GPU is to work on side by side, whatever that takes of the compiler; 0 for as many as come.</summary>
    static virtual int GroupsEach => 0;

    void Run();
}
