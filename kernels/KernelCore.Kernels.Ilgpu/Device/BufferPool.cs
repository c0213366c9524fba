using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Device memory that was returned, kept for the next tensor of its size class, because allocating is a driver call that waits.</summary>
internal sealed class BufferPool(Accelerator accelerator) : IDisposable
{
    private readonly Dictionary<(Type Element, long Capacity), Stack<MemoryBuffer>> _free = [];
    private readonly Lock _lock = new();
    private long _rentedBytes;

    /// <summary>Bytes that the device has left: as CUDA says, elsewhere what tensors do not hold.</summary>
    private long Free => accelerator is CudaAccelerator cuda ? cuda.GetFreeMemory() : accelerator.MemorySize - _rentedBytes;

    /// <summary>Memory for at least <paramref name="length"/> elements, with any content.</summary>
    /// <exception cref="KernelCoreException">There is not enough; the message says how much was needed, how much is free, and what share of the batch would fit.</exception>
    public MemoryBuffer1D<T, Stride1D.Dense> Rent<T>(long length)
        where T : unmanaged
    {
        if (length > int.MaxValue)
        {
            throw new KernelCoreException($"a tensor on a GPU holds at most {int.MaxValue} elements, got {length}");
        }

        long capacity = Capacity(length);
        lock (_lock)
        {
            if (_free.TryGetValue((typeof(T), capacity), out Stack<MemoryBuffer>? stack) && stack.TryPop(out MemoryBuffer? pooled))
            {
                _rentedBytes += pooled.LengthInBytes;
                return (MemoryBuffer1D<T, Stride1D.Dense>)pooled;
            }

            long bytes = capacity * Interop.SizeOf<T>();
            return TryAllocate<T>(capacity) ?? throw OutOfMemory(accelerator.Name, bytes, Free, accelerator.MemorySize, _rentedBytes);
        }
    }

    /// <summary>Takes memory back. Work that still uses it comes earlier in the device's one stream than any work of its next owner.</summary>
    public void Return(MemoryBuffer memory)
    {
        lock (_lock)
        {
            Type element = memory.GetType().GetGenericArguments()[0];
            var key = (element, memory.Length);
            if (!_free.TryGetValue(key, out Stack<MemoryBuffer>? stack))
            {
                _free[key] = stack = new Stack<MemoryBuffer>();
            }

            stack.Push(memory);
            _rentedBytes -= memory.LengthInBytes;
        }
    }

    /// <summary>Frees what is not in use.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Trim();
        }
    }

    /// <summary>The size class: powers of two and their halves between, so that at most a third lies idle.</summary>
    private static long Capacity(long length)
    {
        long power = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(length, 64));
        return length <= power / 4 * 3 ? power / 4 * 3 : power;
    }

    /// <summary>What to tell someone whose tensors do not fit. Parameters do not shrink with the batch, so the share that fits is an upper bound.</summary>
    internal static KernelCoreException OutOfMemory(string device, long needed, long free, long total, long held)
    {
        string Megabytes(long bytes) => $"{bytes / 1e6:F0} MB";
        return new KernelCoreException(
            $"{device} is out of memory: {Megabytes(needed)} needed, {Megabytes(free)} of {Megabytes(total)} free, {Megabytes(held)} in tensors; " +
            $"use a batch of at most {100 * (free + held) / (needed + held)} % of this one");
    }

    /// <summary>Allocates; when there is not enough, frees what is not in use and tries once more. Null when there still is not.</summary>
    private MemoryBuffer1D<T, Stride1D.Dense>? TryAllocate<T>(long capacity)
        where T : unmanaged
    {
        for (int attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                MemoryBuffer1D<T, Stride1D.Dense> memory = accelerator.Allocate1D<T>(capacity);
                _rentedBytes += memory.LengthInBytes;
                return memory;
            }
            catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
            {
                Trim();
            }
        }

        return null;
    }

    private void Trim()
    {
        accelerator.Synchronize();
        foreach (Stack<MemoryBuffer> stack in _free.Values)
        {
            while (stack.TryPop(out MemoryBuffer? memory))
            {
                memory.Dispose();
            }
        }
    }
}
