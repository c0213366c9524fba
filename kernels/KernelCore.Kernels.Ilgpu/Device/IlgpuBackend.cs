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
/// <c>ilgpu:emulator:64</c> with warps of 64, on which every GPU thread is a thread of the host. What
/// follows chooses how products are computed (<see cref="ProductMode"/>): <c>:tf32</c> and <c>:bf16</c> on CUDA devices of
/// compute capability 8.0 or newer and on the emulator with warps of 32, <c>:own</c> and <c>:cublas</c> on CUDA devices,
/// where the faster of both is taken otherwise.
/// </summary>
public sealed class IlgpuBackend : IBackend
{
    private const string Emulator = "ilgpu:emulator", WideEmulator = "ilgpu:emulator:64";

    // A group of the emulator is at most a tile of a matrix product: 64 threads.
    private static readonly CPUDevice Narrow = new(numThreadsPerWarp: 32, numWarpsPerMultiprocessor: 2, numMultiprocessors: 1);
    private static readonly CPUDevice Wide = new(numThreadsPerWarp: 64, numWarpsPerMultiprocessor: 1, numMultiprocessors: 1);

    private static readonly ProductMode[] TensorModes = [ProductMode.Tf32, ProductMode.Bf16];

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
        try
        {
            Entry[] entries = [.. Selectable(context)];
            Entry chosen = Array.Find(entries, entry => entry.Selector == selector) ?? throw new BackendUnavailableException(Refusal(selector, entries));
            return new IlgpuDevice(selector, KindOf(chosen.Device), chosen.Products, context, chosen.Device);
        }
        catch
        {
            // The device owns the context only once there is a device.
            context.Dispose();
            throw;
        }
    }

    /// <summary>Why there is no such device: what the machine, or the one it is a mode of, lacks.</summary>
    private static string Refusal(string selector, Entry[] entries)
    {
        int colon = selector.LastIndexOf(':');
        Entry? plain = colon < 0 ? null : Array.Find(entries, entry => entry.Selector == selector[..colon]);
        string hardware = plain is null ? "" : $"{plain.Selector} ({Describe(plain).InstructionSet})";
        return (plain, colon < 0 ? "" : selector[(colon + 1)..]) switch
        {
            (not null, "tf32" or "bf16") => $"'{selector}' needs tensor cores of compute capability 8.0 or newer, which {hardware} lacks",
            ({ Device: CudaDevice }, "cublas") => $"'{selector}' needs cuBLAS, version 10 to 13, which this machine lacks",
            _ => $"no device '{selector}'; this machine has {string.Join(", ", entries.Select(entry => entry.Selector))}",
        };
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
            string selector = $"ilgpu:cuda:{i}";
            yield return new Entry(selector, device, ProductMode.Measured);
            yield return new Entry(WithMode(selector, ProductMode.Own), device, ProductMode.Own);
            foreach (ProductMode mode in ModesOf(device))
            {
                yield return new Entry(WithMode(selector, mode), device, mode);
            }
        }

        for (int i = 0; i < context.GetCLDevices().Count; i++)
        {
            yield return new Entry($"ilgpu:opencl:{i}", context.GetCLDevice(i), ProductMode.Own);
        }

        yield return new Entry(Emulator, Narrow, ProductMode.Own);
        yield return new Entry(WideEmulator, Wide, ProductMode.Own);
        foreach (ProductMode mode in TensorModes)
        {
            yield return new Entry(WithMode(Emulator, mode), Narrow, mode);
        }
    }

    /// <summary>Modes that need something: a library, tensor cores.</summary>
    private static IEnumerable<ProductMode> ModesOf(CudaDevice device) =>
        [.. CuBlasGemm.IsInstalled ? [ProductMode.CuBlas] : Array.Empty<ProductMode>(), .. device.Architecture is { Major: >= 8 } ? TensorModes : []];

    private static string WithMode(string selector, ProductMode mode) => $"{selector}:{mode.ToString().ToLowerInvariant()}";

    /// <summary>
    /// ILGPU asks for libcuda.so and libOpenCL.so: names for development, which most Linux systems with a driver lack. And it asks for cuBLAS 12
    /// where that of CUDA 13 does, whose functions of float32 are the same.
    /// </summary>
    private static nint Resolve(Assembly assembly, string name)
    {
        string other = assembly == typeof(Context).Assembly ? $"lib{name}.so.1" : name == CuBlasGemm.FileName(12) ? CuBlasGemm.FileName(13) : "";
        return other.Length > 0 && NativeLibrary.TryLoad(other, out nint library) ? library : 0;
    }

    private static DeviceKind KindOf(ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice => DeviceKind.Cuda,
        CLDevice => DeviceKind.OpenCl,
        _ => DeviceKind.Emulator,
    };

    private static DeviceDescription Describe(Entry entry)
    {
        string products = entry.Products switch
        {
            ProductMode.Tf32 => ", products in tf32",
            ProductMode.Bf16 => ", products in bf16",
            ProductMode.CuBlas => ", products by cuBLAS",
            ProductMode.Measured => ", products as measured",
            _ => "",
        };
        return entry.Device switch
        {
            CudaDevice cuda => new(entry.Selector, DeviceKind.Cuda, cuda.Name, $"{cuda.Architecture}{products}", cuda.NumMultiprocessors, cuda.MemorySize),
            CLDevice cl => new(entry.Selector, DeviceKind.OpenCl, cl.Name, $"{cl.DeviceVersion}", cl.NumMultiprocessors, cl.MemorySize),
            _ => new(
                entry.Selector, DeviceKind.Emulator, "for correctness, not for speed", $"warps of {entry.Device.WarpSize}{products}",
                entry.Device.NumMultiprocessors, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        };
    }

    private sealed record Entry(string Selector, ILGPU.Runtime.Device Device, ProductMode Products);
}
