using KernelCore.Kernels.Cpu;

namespace KernelCore.Tests;

/// <summary>Tests that use <see cref="CpuDevice.Shared"/> run one after the other: a device serves one thread at a time.</summary>
internal static class SharedDevice
{
    public const string Collection = "the shared device";
}
