using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Devices that ILGPU reaches: <c>ilgpu:cuda:N</c>, <c>ilgpu:opencl:N</c>, and <c>ilgpu:emulator</c> with warps of 32 or
/// <c>ilgpu:emulator:64</c> with warps of 64, on which every GPU thread is a thread of the host.
/// </summary>
public sealed class IlgpuBackend : IBackend
{
    private const string Emulator = "ilgpu:emulator", WideEmulator = "ilgpu:emulator:64";

    // A group of the emulator is at most a tile of a matrix product: 64 threads.
    private static readonly CPUDevice Narrow = new(numThreadsPerWarp: 32, numWarpsPerMultiprocessor: 2, numMultiprocessors: 1);
    private static readonly CPUDevice Wide = new(numThreadsPerWarp: 64, numWarpsPerMultiprocessor: 1, numMultiprocessors: 1);

    private static readonly Lock Search = new();

    static IlgpuBackend() => AssemblyLoadContext.GetLoadContext(typeof(Context).Assembly)!.ResolvingUnmanagedDll += Resolve;

    /// <inheritdoc/>
    public string Name => "ilgpu";

    /// <inheritdoc/>
    public BackendStatus Probe()
    {
        using Context context = CreateContext();
        return new BackendStatus(Name, Available: true, Reason: "", [.. Selectable(context).Select(entry => Describe(entry.Selector, entry.Device))]);
    }

    /// <summary>Opens a device that the caller disposes.</summary>
    /// <param name="selector">One of those that <see cref="Probe"/> lists.</param>
    /// <exception cref="BackendUnavailableException">There is no such device; the message names those there are.</exception>
    public Device Open(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        Context context = CreateContext();
        foreach ((string name, ILGPU.Runtime.Device device) in Selectable(context))
        {
            if (name == selector)
            {
                return new IlgpuDevice(selector, KindOf(device), context, device);
            }
        }

        string known = string.Join(", ", Selectable(context).Select(entry => entry.Selector));
        context.Dispose();
        throw new BackendUnavailableException($"no device '{selector}'; this machine has {known}");
    }

    private static Context CreateContext()
    {
        // Drivers do not like to be looked for by two threads at once: PoCL then shows none to one of them.
        lock (Search)
        {
            return Context.Create(builder => builder.Cuda().OpenCL().CPU(Narrow).CPU(Wide));
        }
    }

    private static IEnumerable<(string Selector, ILGPU.Runtime.Device Device)> Selectable(Context context)
    {
        for (int i = 0; i < context.GetCudaDevices().Count; i++)
        {
            yield return ($"ilgpu:cuda:{i}", context.GetCudaDevice(i));
        }

        for (int i = 0; i < context.GetCLDevices().Count; i++)
        {
            yield return ($"ilgpu:opencl:{i}", context.GetCLDevice(i));
        }

        yield return (Emulator, Narrow);
        yield return (WideEmulator, Wide);
    }

    /// <summary>ILGPU asks for libcuda.so and libOpenCL.so: names for development, which most Linux systems with a driver lack.</summary>
    private static nint Resolve(Assembly assembly, string name) =>
        assembly == typeof(Context).Assembly && NativeLibrary.TryLoad($"lib{name}.so.1", out nint library) ? library : 0;

    private static DeviceKind KindOf(ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice => DeviceKind.Cuda,
        CLDevice => DeviceKind.OpenCl,
        _ => DeviceKind.Emulator,
    };

    private static DeviceDescription Describe(string selector, ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice cuda => new(selector, DeviceKind.Cuda, cuda.Name, $"{cuda.Architecture}", cuda.NumMultiprocessors, cuda.MemorySize),
        CLDevice cl => new(selector, DeviceKind.OpenCl, cl.Name, $"{cl.DeviceVersion}", cl.NumMultiprocessors, cl.MemorySize),
        _ => new(
            selector, DeviceKind.Emulator, "for correctness, not for speed", $"warps of {device.WarpSize}", device.NumMultiprocessors,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
    };
}
