using System.Collections.Concurrent;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The accelerators of the emulator, one for each size of groups. A thread of a group is a thread of the host, and all
/// threads of an accelerator wait for one another at every launch: this way there are none without work.
/// </summary>
internal sealed class EmulatorThreads(Context context, int warpSize) : IDisposable
{
    /// <summary>Kernels are the same for all emulators of the process, and take ILGPU a second each.</summary>
    private static readonly ConcurrentDictionary<Type, Lazy<CompiledKernel>> Compiled = [];

    private readonly Dictionary<int, Accelerator> _accelerators = [];

    /// <summary>A kernel for groups of a size. Launches wait for their end, so that the order among them is that of the calls.</summary>
    public Action<KernelConfig, TKernel> Load<TKernel>(int groupSize)
        where TKernel : struct, IGridKernel
    {
        Accelerator accelerator = Of(groupSize);
        CompiledKernel compiled = Compiled.GetOrAdd(typeof(TKernel), _ => new(() =>
        {
            IlgpuDevice.Forget(context);
            Action<TKernel> entry = IlgpuDevice.Entry;
            return accelerator.CompileKernel(EntryPointDescription.FromExplicitlyGroupedKernel(entry.Method));
        })).Value;
        var launch = accelerator.LoadKernel(compiled).CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, TKernel>>();
        return (config, kernel) => launch(accelerator.DefaultStream, config, kernel);
    }

    public void Dispose()
    {
        foreach (Accelerator accelerator in _accelerators.Values)
        {
            accelerator.Dispose();
        }
    }

    private Accelerator Of(int groupSize)
    {
        if (!_accelerators.TryGetValue(groupSize, out Accelerator? accelerator))
        {
            int warp = Math.Min(warpSize, groupSize);
            accelerator = new CPUDevice(warp, groupSize / warp, numMultiprocessors: 1).CreateAccelerator(context);
            _accelerators.Add(groupSize, accelerator);
        }

        return accelerator;
    }
}
