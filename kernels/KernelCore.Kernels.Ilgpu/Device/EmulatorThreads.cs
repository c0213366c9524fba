using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// The accelerators of the emulator, one for each size of groups. A thread of a group is a thread of the host, and all
/// threads of an accelerator wait for one another at every launch: this way there are none without work.
/// </summary>
internal sealed class EmulatorThreads(Context context, int warpSize) : IDisposable
{
    private readonly Dictionary<int, Accelerator> _accelerators = [];

    /// <summary>The accelerator for groups of a size. Launches wait for their end, so that the order among them is that of the calls.</summary>
    public Accelerator Of(int groupSize)
    {
        if (!_accelerators.TryGetValue(groupSize, out Accelerator? accelerator))
        {
            int warp = Math.Min(warpSize, groupSize);
            accelerator = new CPUDevice(warp, groupSize / warp, numMultiprocessors: 1).CreateAccelerator(context);
            _accelerators.Add(groupSize, accelerator);
        }

        return accelerator;
    }

    public void Dispose()
    {
        foreach (Accelerator accelerator in _accelerators.Values)
        {
            accelerator.Dispose();
        }
    }
}
