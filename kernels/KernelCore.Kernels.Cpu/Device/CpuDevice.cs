using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>The host processor: SIMD kernels on a pool of worker threads.</summary>
/// <remarks>
/// One loop at a time: a device serves one calling thread at a time. Results do not depend on <see cref="Threads"/>.
/// </remarks>
public sealed class CpuDevice : Device
{
    private static readonly Lazy<CpuDevice> LazyShared = new(() => new CpuDevice(Environment.ProcessorCount));

    private readonly ConcurrentQueue<nint> _abandoned = new();

    /// <summary>Creates a device with its own worker pool.</summary>
    /// <param name="threads">Worker threads, the caller included; at least 1.</param>
    public CpuDevice(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Pool = new WorkerPool(threads);
        Kernels = new CpuKernels(this);
    }

    /// <summary>A process-wide device with one thread per processor. Never dispose it.</summary>
    public static CpuDevice Shared => LazyShared.Value;

    /// <inheritdoc/>
    public override string Name => Threads == Environment.ProcessorCount ? "cpu" : $"cpu:{Threads}";

    /// <inheritdoc/>
    public override DeviceKind Kind => DeviceKind.Cpu;

    /// <inheritdoc/>
    public override IKernels Kernels { get; }

    /// <summary>Worker threads, the caller included.</summary>
    public int Threads => Pool.Threads;

    /// <summary>Instruction set of the kernels in this process: <c>AVX-512 (512-bit)</c>, <c>scalar</c>, ...</summary>
    public static string InstructionSet => Simd.InstructionSet;

    internal WorkerPool Pool { get; }

    /// <summary>Working memory of one worker of a parallel loop (0 is the caller, also outside loops).</summary>
    internal Scratch Scratch(int worker) => Pool.Scratch(worker);

    /// <inheritdoc/>
    public override void Synchronize() { }

    /// <inheritdoc/>
    public override void Dispose()
    {
        Pool.Dispose();
        FreeAbandoned();
    }

    /// <summary>Takes the memory of a tensor that was collected without having been disposed; a kernel may still be using it.</summary>
    internal void Abandon(nint block) => _abandoned.Enqueue(block);

    /// <inheritdoc/>
    protected internal override HeldContent CreateHeldContent() => new HeldMatrix(this);

    /// <inheritdoc/>
    protected override DeviceBuffer<float> AllocateFloats(long count) => Allocate<float>(count);

    /// <inheritdoc/>
    protected override DeviceBuffer<int> AllocateInts(long count) => Allocate<int>(count);

    private CpuBuffer<T> Allocate<T>(long count)
        where T : unmanaged
    {
        FreeAbandoned();
        return new CpuBuffer<T>(this, count);
    }

    private unsafe void FreeAbandoned()
    {
        while (_abandoned.TryDequeue(out nint block))
        {
            NativeMemory.AlignedFree((void*)block);
        }
    }
}
