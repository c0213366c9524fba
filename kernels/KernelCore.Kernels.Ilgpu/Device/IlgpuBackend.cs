using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Devices that ILGPU reaches: <c>ilgpu:cuda:N</c>, <c>ilgpu:opencl:N</c> and the emulator, <c>ilgpu:emulator</c>.</summary>
public sealed class IlgpuBackend : IBackend
{
    /// <inheritdoc/>
    public string Name => "ilgpu";

    /// <inheritdoc/>
    public BackendStatus Probe()
    {
        using Context context = CreateContext();
        return new BackendStatus(Name, Available: true, Reason: "", [.. Selectable(context).Select(entry => Describe(entry.Selector, entry.Device))]);
    }

    /// <inheritdoc/>
    public Kernels.Device Open(string selector)
    {
        ArgumentNullException.ThrowIfNull(selector);
        using Context context = CreateContext();
        throw new BackendUnavailableException(
            $"device '{selector}' cannot run anything yet; found: {string.Join(", ", Selectable(context).Select(entry => entry.Selector))}");
    }

    private static Context CreateContext() => Context.Create(builder => builder.Cuda().OpenCL().CPU(CPUDeviceKind.Nvidia));

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

        yield return ("ilgpu:emulator", context.GetCPUDevice(0));
    }

    private static DeviceDescription Describe(string selector, ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice cuda => new(selector, DeviceKind.Cuda, cuda.Name, $"{cuda.Architecture}", cuda.NumMultiprocessors, cuda.MemorySize),
        CLDevice cl => new(selector, DeviceKind.OpenCl, cl.Name, $"{cl.DeviceVersion}", cl.NumMultiprocessors, cl.MemorySize),
        _ => new(selector, DeviceKind.Emulator, "for correctness, not for speed", $"warps of {device.WarpSize}", device.NumMultiprocessors, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
    };
}
