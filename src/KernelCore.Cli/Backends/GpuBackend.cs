using KernelCore.Kernels;

namespace KernelCore.Cli.Backends;

/// <summary>The GPU backend, or what stands in for it in a tool that was built without ILGPU.</summary>
internal static class GpuBackend
{
    /// <summary>Creates it.</summary>
    public static IBackend Create() =>
#if ILGPU
        new Kernels.Ilgpu.IlgpuBackend();
#else
        new MissingBackend("ilgpu", "IlgpuGap");
#endif
}
