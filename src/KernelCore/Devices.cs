using KernelCore.Kernels;
using KernelCore.Kernels.Cpu;

namespace KernelCore;

/// <summary>Opens devices by selector.</summary>
public static class Devices
{
    /// <summary>Selector of the host processor with one thread per processor.</summary>
    public const string Default = "cpu";

    private static readonly IBackend[] BuiltIn = [new CpuBackend()];

    /// <summary>Opens a device that the caller disposes.</summary>
    /// <param name="selector">Name of a backend, then what that backend expects: <c>cpu</c>, <c>cpu:4</c>.</param>
    /// <param name="backends">Backends to choose from; null for the CPU alone.</param>
    /// <exception cref="BackendUnavailableException">No such backend, or no such device in it; the message names the known backends.</exception>
    public static Device Open(string selector = Default, IEnumerable<IBackend>? backends = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(selector);
        IBackend[] known = [.. backends ?? BuiltIn];
        string name = selector.Split(':')[0];
        IBackend? backend = Array.Find(known, b => b.Name == name);
        return backend is not null
            ? backend.Open(selector)
            : throw new BackendUnavailableException($"no backend '{name}' for device '{selector}'; known: {string.Join(", ", known.Select(b => b.Name))}");
    }
}
