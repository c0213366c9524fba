using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Device memory that was returned, kept for the next tensor of its size class, because allocating is a driver call that waits.</summary>
internal sealed class BufferPool(Accelerator accelerator) : IDisposable
{
    private readonly Dictionary<(Type Element, long Capacity), Stack<MemoryBuffer>> _free = [];
    private readonly Lock _lock = new();
    private long _pooledBytes;

    /// <summary>Memory for at least <paramref name="length"/> elements, with any content.</summary>
    /// <exception cref="KernelCoreException">There is not enough; the message says how much was asked for and how much the device has.</exception>
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
                _pooledBytes -= pooled.LengthInBytes;
                return (MemoryBuffer1D<T, Stride1D.Dense>)pooled;
            }

            try
            {
                return accelerator.Allocate1D<T>(capacity);
            }
            catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
            {
                long free = _pooledBytes;
                Trim();
                return free > 0 ? Retry<T>(capacity) : throw OutOfMemory<T>(capacity, error);
            }
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
            _pooledBytes += memory.LengthInBytes;
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

    private MemoryBuffer1D<T, Stride1D.Dense> Retry<T>(long capacity)
        where T : unmanaged
    {
        try
        {
            return accelerator.Allocate1D<T>(capacity);
        }
        catch (Exception error) when (error is AcceleratorException or OutOfMemoryException)
        {
            throw OutOfMemory<T>(capacity, error);
        }
    }

    private KernelCoreException OutOfMemory<T>(long capacity, Exception error)
        where T : unmanaged => new(
            $"{accelerator.Name} has no {capacity * Interop.SizeOf<T>() / 1e6:F0} MB left of its {accelerator.MemorySize / 1e6:F0} MB; use a smaller batch", error);

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

        _pooledBytes = 0;
    }
}
