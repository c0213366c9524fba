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
/// <c>ilgpu:emulator:64</c> with warps of 64, on which every GPU thread is a thread of the host. With <c>:tf32</c> or
/// <c>:bf16</c> after it, products round their factors for tensor cores: CUDA devices of compute capability 8.0 or newer,
/// and the emulator with warps of 32.
/// </summary>
public sealed class IlgpuBackend : IBackend
{
    private const string Emulator = "ilgpu:emulator", WideEmulator = "ilgpu:emulator:64";

    // A group of the emulator is at most a tile of a matrix product: 64 threads.
    private static readonly CPUDevice Narrow = new(numThreadsPerWarp: 32, numWarpsPerMultiprocessor: 2, numMultiprocessors: 1);
    private static readonly CPUDevice Wide = new(numThreadsPerWarp: 64, numWarpsPerMultiprocessor: 1, numMultiprocessors: 1);

    private static readonly ProductPrecision[] TensorPrecisions = [ProductPrecision.Tf32, ProductPrecision.Bf16];

    private static readonly Lock Search = new();

    static IlgpuBackend() => AssemblyLoadContext.GetLoadContext(typeof(Context).Assembly)!.ResolvingUnmanagedDll += Resolve;

    /// <inheritdoc/>
    public string Name => "ilgpu";

    /// <inheritdoc/>
    public BackendStatus Probe()
    {
        using Context context = CreateContext();
        return new BackendStatus(Name, Available: true, Reason: "", [.. Selectable(context).Select(Describe)]);
    }

    /// <summary>Opens a device that the caller disposes.</summary>
    /// <param name="selector">One of those that <see cref="Probe"/> lists.</param>
    /// <exception cref="BackendUnavailableException">There is no such device; the message names those there are.</exception>
    public Device Open(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        Context context = CreateContext();
        Entry[] entries = [.. Selectable(context)];
        Entry? chosen = Array.Find(entries, entry => entry.Selector == selector);
        if (chosen is not null)
        {
            return new IlgpuDevice(selector, KindOf(chosen.Device), chosen.Precision, context, chosen.Device);
        }

        Entry? plain = Array.Find(entries, entry => TensorPrecisions.Any(precision => selector == WithPrecision(entry.Selector, precision)));
        string known = string.Join(", ", entries.Select(entry => entry.Selector));
        context.Dispose();
        throw new BackendUnavailableException(plain is null
            ? $"no device '{selector}'; this machine has {known}"
            : $"'{selector}' needs tensor cores of compute capability 8.0 or newer, which {plain.Selector} ({Describe(plain).InstructionSet}) lacks");
    }

    private static Context CreateContext()
    {
        // Drivers do not like to be looked for by two threads at once: PoCL then shows none to one of them.
        lock (Search)
        {
            return Context.Create(builder => builder.Cuda().OpenCL().CPU(Narrow).CPU(Wide));
        }
    }

    private static IEnumerable<Entry> Selectable(Context context)
    {
        for (int i = 0; i < context.GetCudaDevices().Count; i++)
        {
            CudaDevice device = context.GetCudaDevice(i);
            foreach (ProductPrecision precision in PrecisionsOf(device))
            {
                yield return new Entry(WithPrecision($"ilgpu:cuda:{i}", precision), device, precision);
            }
        }

        for (int i = 0; i < context.GetCLDevices().Count; i++)
        {
            yield return new Entry($"ilgpu:opencl:{i}", context.GetCLDevice(i));
        }

        yield return new Entry(Emulator, Narrow);
        yield return new Entry(WideEmulator, Wide);
        foreach (ProductPrecision precision in TensorPrecisions)
        {
            yield return new Entry(WithPrecision(Emulator, precision), Narrow, precision);
        }
    }

    private static ProductPrecision[] PrecisionsOf(CudaDevice device) =>
        device.Architecture is { Major: >= 8 } ? [ProductPrecision.Single, .. TensorPrecisions] : [ProductPrecision.Single];

    private static string WithPrecision(string selector, ProductPrecision precision) => precision switch
    {
        ProductPrecision.Tf32 => $"{selector}:tf32",
        ProductPrecision.Bf16 => $"{selector}:bf16",
        _ => selector,
    };

    /// <summary>ILGPU asks for libcuda.so and libOpenCL.so: names for development, which most Linux systems with a driver lack.</summary>
    private static nint Resolve(Assembly assembly, string name) =>
        assembly == typeof(Context).Assembly && NativeLibrary.TryLoad($"lib{name}.so.1", out nint library) ? library : 0;

    private static DeviceKind KindOf(ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice => DeviceKind.Cuda,
        CLDevice => DeviceKind.OpenCl,
        _ => DeviceKind.Emulator,
    };

    private static DeviceDescription Describe(Entry entry)
    {
        string products = entry.Precision == ProductPrecision.Single ? "" : $", products in {entry.Precision.ToString().ToLowerInvariant()}";
        return entry.Device switch
        {
            CudaDevice cuda => new(entry.Selector, DeviceKind.Cuda, cuda.Name, $"{cuda.Architecture}{products}", cuda.NumMultiprocessors, cuda.MemorySize),
            CLDevice cl => new(entry.Selector, DeviceKind.OpenCl, cl.Name, $"{cl.DeviceVersion}", cl.NumMultiprocessors, cl.MemorySize),
            _ => new(
                entry.Selector, DeviceKind.Emulator, "for correctness, not for speed", $"warps of {entry.Device.WarpSize}{products}",
                entry.Device.NumMultiprocessors, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        };
    }

    private sealed record Entry(string Selector, ILGPU.Runtime.Device Device, ProductPrecision Precision = ProductPrecision.Single);
}
