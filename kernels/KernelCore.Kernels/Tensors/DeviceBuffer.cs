namespace KernelCore.Kernels;

/// <summary>A block of memory on a device, counted in elements. Tensors are shaped windows on one.</summary>
/// <typeparam name="T">Element type: <see cref="float"/> or <see cref="int"/>.</typeparam>
public abstract class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Number of elements.</summary>
    public abstract long Length { get; }

    /// <summary>The device that owns the memory.</summary>
    public abstract Device Device { get; }

    /// <summary>The elements in host memory, at no cost. Only buffers of host devices have one.</summary>
    /// <exception cref="InvalidOperationException">The memory is not addressable by the host; copy instead.</exception>
    public abstract Span<T> Span { get; }

    /// <summary>Copies elements from host memory to <paramref name="offset"/>; returns when the source may be reused.</summary>
    public abstract void CopyFrom(long offset, ReadOnlySpan<T> source);

    /// <summary>Copies elements starting at <paramref name="offset"/> to host memory; waits for pending work on them.</summary>
    public abstract void CopyTo(long offset, Span<T> destination);

    /// <summary>Sets a range of elements.</summary>
    public abstract void Fill(long offset, long count, T value);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
