using System.Runtime.CompilerServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>Reductions of per-sample gradients on the CPU: each is a walk over gradient tiles that stay in cache.</summary>
/// <remarks>
/// Scratch slots: workers use <see cref="ScratchSlot.Patches"/>, <see cref="ScratchSlot.Gradient"/> and
/// <see cref="ScratchSlot.Product"/>; what all tasks of a loop share (<see cref="ScratchSlot.Sums"/>,
/// <see cref="ScratchSlot.Left"/>, <see cref="ScratchSlot.Right"/>) comes from the calling thread.
/// </remarks>
internal sealed unsafe partial class CpuPerSampleKernels(CpuDevice device) : IPerSampleKernels
{
    private const int UsualUses = 4;

    // Pinned, so that tasks can hold addresses; kept, so that calls allocate nothing.
    private CaptureView[] _left = GC.AllocateArray<CaptureView>(UsualUses, pinned: true);
    private CaptureView[] _right = GC.AllocateArray<CaptureView>(UsualUses, pinned: true);

    /// <summary>Scratch that all tasks of a loop share.</summary>
    private Scratch Shared => device.Scratch(0);

    /// <summary>Zeroed per-sample totals, in double until <see cref="Store"/> rounds them.</summary>
    private double* Totals(int batch)
    {
        double* totals = Shared.Doubles(ScratchSlot.Right, batch);
        new Span<double>(totals, batch).Clear();
        return totals;
    }

    private static void Store(double* totals, int batch, Tensor result)
    {
        float* rounded = HostMemory.Of(result);
        for (int i = 0; i < batch; i++)
        {
            rounded[i] = (float)totals[i];
        }
    }

    private static ParameterGradient View(ReadOnlySpan<LayerCapture> uses, ParameterRole role, ref CaptureView[] views)
    {
        CaptureGuard.RequireParts(uses, role);
        if (views.Length < uses.Length)
        {
            views = GC.AllocateArray<CaptureView>(uses.Length * 2, pinned: true);
        }

        for (int u = 0; u < uses.Length; u++)
        {
            views[u] = new CaptureView(uses[u]);
        }

        var address = (CaptureView*)Unsafe.AsPointer(ref views[0]);
        return new ParameterGradient(address, uses.Length, role, uses[0].Batch);
    }
}
