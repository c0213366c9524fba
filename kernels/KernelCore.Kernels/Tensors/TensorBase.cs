namespace KernelCore.Kernels;

/// <summary>A row-major, contiguous block of elements on a device: a shape plus a window on a buffer.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <remarks>
/// Owned by whoever allocated it; views share memory and own nothing. Not thread safe: concurrent readers are
/// fine, a writer needs the tensor for itself.
/// </remarks>
public abstract class TensorBase<T> : IDisposable
    where T : unmanaged
{
    private protected TensorBase(DeviceBuffer<T> buffer, long offset, Shape shape, bool ownsBuffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        if (offset < 0 || offset + shape.Count > buffer.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(shape), $"{shape} at offset {offset} does not fit a buffer of {buffer.Length} elements");
        }

        Buffer = buffer;
        Offset = offset;
        Shape = shape;
        OwnsBuffer = ownsBuffer;
    }

    /// <summary>Extents; the last axis is contiguous.</summary>
    public Shape Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>The device that holds the elements.</summary>
    public Device Device => Buffer.Device;

    /// <summary>The memory this tensor is a window on.</summary>
    public DeviceBuffer<T> Buffer { get; }

    /// <summary>First element of the window, in elements.</summary>
    public long Offset { get; }

    /// <summary>Whether disposing this tensor frees the buffer.</summary>
    public bool OwnsBuffer { get; }

    /// <summary>The elements as a span, at no cost; host devices only.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not in host memory; use <see cref="CopyTo"/>.</exception>
    public Span<T> Span => Buffer.Span.Slice(checked((int)Offset), checked((int)Count));

    /// <summary>Copies all elements to host memory.</summary>
    /// <param name="destination">At least <see cref="Count"/> elements.</param>
    public void CopyTo(Span<T> destination)
    {
        if (destination.Length < Count)
        {
            throw new ArgumentException($"{Count} elements do not fit a span of {destination.Length}", nameof(destination));
        }

        Buffer.CopyTo(Offset, destination[..(int)Count]);
    }

    /// <summary>Copies all elements from host memory.</summary>
    /// <param name="source">Exactly <see cref="Count"/> elements.</param>
    public void CopyFrom(ReadOnlySpan<T> source)
    {
        if (source.Length != Count)
        {
            throw new ArgumentException($"a tensor of shape {Shape} takes {Count} elements, got {source.Length}", nameof(source));
        }

        Buffer.CopyFrom(Offset, source);
    }

    /// <summary>Copies all elements to a new array.</summary>
    public T[] ToArray()
    {
        var all = new T[Count];
        CopyTo(all);
        return all;
    }

    /// <summary>Sets every element.</summary>
    public void Fill(T value) => Buffer.Fill(Offset, Count, value);

    /// <summary>Frees the memory if this tensor owns it; a view leaves it alone.</summary>
    public virtual void Dispose()
    {
        if (OwnsBuffer)
        {
            Buffer.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetType().Name}{Shape} on {Device}";
}

/// <summary>A float32 tensor.</summary>
public sealed class Tensor(DeviceBuffer<float> buffer, long offset, Shape shape, bool ownsBuffer)
    : TensorBase<float>(buffer, offset, shape, ownsBuffer)
{
    private HeldContent? _held;
    private bool _isHeld;

    /// <summary>What the device keeps of the content; null when it is not held, or the device keeps nothing.</summary>
    public HeldContent? Held => _isHeld ? _held : null;

    /// <summary>
    /// Promises that the content stays as it is until <see cref="Release"/>. Products that read it again and again may then keep it in
    /// the order that they need, or its nonzeros where most are zero: once or one and a half times the tensor's memory for each of up to
    /// two orders. Results have the same bits.
    /// </summary>
    /// <remarks>It counts for this object, not for others that share its memory. Holding twice is holding once.</remarks>
    public void Hold()
    {
        _held ??= Device.CreateHeldContent();
        _isHeld = true;
    }

    /// <summary>Takes the promise back, whoever gave it. Memory stays for the next time, until this object is disposed.</summary>
    public void Release()
    {
        _isHeld = false;
        _held?.Expire();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _held?.Dispose();
        (_held, _isHeld) = (null, false);
        base.Dispose();
    }

    /// <summary>A window on part of this tensor, sharing its memory.</summary>
    /// <param name="offset">First element, counted from this tensor's own first element.</param>
    /// <param name="shape">Extents of the window.</param>
    public Tensor View(long offset, Shape shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + shape.Count, Count, nameof(shape));
        return new Tensor(Buffer, Offset + offset, shape, ownsBuffer: false);
    }

    /// <summary>The same elements under another shape of the same count.</summary>
    public Tensor Reshape(Shape shape) => shape.Count == Count
        ? View(0, shape)
        : throw new ArgumentException($"cannot view {Shape} as {shape}", nameof(shape));
}

/// <summary>An int32 tensor: labels, token ids, argmax positions.</summary>
public sealed class IndexTensor(DeviceBuffer<int> buffer, long offset, Shape shape, bool ownsBuffer)
    : TensorBase<int>(buffer, offset, shape, ownsBuffer)
{
    /// <summary>A window on part of this tensor, sharing its memory.</summary>
    /// <param name="offset">First element, counted from this tensor's own first element.</param>
    /// <param name="shape">Extents of the window.</param>
    public IndexTensor View(long offset, Shape shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + shape.Count, Count, nameof(shape));
        return new IndexTensor(Buffer, Offset + offset, shape, ownsBuffer: false);
    }
}
