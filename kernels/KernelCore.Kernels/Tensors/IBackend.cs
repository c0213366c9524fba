namespace KernelCore.Kernels;

/// <summary>What a backend found on this machine.</summary>
/// <param name="Name">Selector prefix of the backend: <c>cpu</c>, <c>ilgpu</c>.</param>
/// <param name="Available">Whether any device of it can be opened.</param>
/// <param name="Reason">Why not, when it is unavailable; otherwise empty.</param>
/// <param name="Devices">The devices that <see cref="IBackend.Open"/> accepts.</param>
public sealed record BackendStatus(string Name, bool Available, string Reason, IReadOnlyList<DeviceDescription> Devices);

/// <summary>A device as <c>kernelcore devices</c> shows it.</summary>
/// <param name="Selector">What to pass as <c>--device</c>.</param>
/// <param name="Kind">What the device is.</param>
/// <param name="Hardware">Name of the processor.</param>
/// <param name="InstructionSet">Instruction set or compute capability that the kernels will use.</param>
/// <param name="Threads">Worker threads or multiprocessors.</param>
/// <param name="MemoryBytes">Memory available to tensors, in bytes.</param>
public sealed record DeviceDescription(
    string Selector, DeviceKind Kind, string Hardware, string InstructionSet, int Threads, long MemoryBytes);

/// <summary>A family of devices: the CPU backend, the GPU backend.</summary>
public interface IBackend
{
    /// <summary>Selector prefix.</summary>
    string Name { get; }

    /// <summary>Looks for devices; never throws.</summary>
    BackendStatus Probe();

    /// <summary>Opens a device by selector.</summary>
    /// <exception cref="BackendUnavailableException">There is no such device, with the reason.</exception>
    Device Open(string selector);
}
