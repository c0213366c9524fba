using System.Reflection;
using KernelCore.Kernels;

namespace KernelCore.Cli.Backends;

/// <summary>A backend that was left out of the build: it has no devices, only the reason.</summary>
internal sealed class MissingBackend : IBackend
{
    private readonly string _reason;

    /// <param name="name">Selector prefix of the backend.</param>
    /// <param name="metadata">Key of the assembly metadata that holds the reason; the build writes it.</param>
    public MissingBackend(string name, string metadata)
    {
        Name = name;
        string? gap = typeof(MissingBackend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == metadata)?.Value;
        _reason = $"left out of this build: {gap}";
    }

    public string Name { get; }

    public BackendStatus Probe() => new(Name, Available: false, _reason, []);

    public Device Open(string selector) => throw new BackendUnavailableException($"device '{selector}': {_reason}");
}
