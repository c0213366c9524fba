using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>Device memory. Disposing it returns the memory to the device's pool.</summary>
internal sealed class IlgpuBuffer<T> : DeviceBuffer<T>
    where T : unmanaged
{
    private readonly IlgpuDevice _device;
    private MemoryBuffer1D<T, Stride1D.Dense>? _memory;

    /// <param name="device">Where.</param>
    /// <param name="length">Elements.</param>
    /// <param name="zeroed">Whether to set them to zero; otherwise they hold anything.</param>
    public IlgpuBuffer(IlgpuDevice device, long length, bool zeroed)
    {
        _device = device;
        Length = length;
        _memory = device.Pool.Rent<T>(length);
        if (zeroed)
        {
            Fill(0, length, default);
        }
    }

    public override long Length { get; }

    public override Kernels.Device Device => _device;

    public override Span<T> Span => throw new InvalidOperationException($"memory of {_device} is not addressable by the host; copy instead");

    /// <summary>The elements, for kernels.</summary>
    public ArrayView<T> View => Memory.View.AsContiguous().SubView(0, Length);

    private MemoryBuffer1D<T, Stride1D.Dense> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    public override void CopyFrom(long offset, ReadOnlySpan<T> source) => _device.Staging.Upload(source, View.SubView(offset, source.Length));

    public override void CopyTo(long offset, Span<T> destination) => _device.Staging.Download(View.SubView(offset, destination.Length), destination);

    public override void Fill(long offset, long count, T value) =>
        _device.ForEach((int)count, new Fill<T> { Target = View.SubView(offset, count), Value = value });

    protected override void Dispose(bool disposing)
    {
        // A buffer nobody disposed is freed by ILGPU's own finalizer.
        if (disposing && _memory is not null)
        {
            _device.Pool.Return(_memory);
        }

        _memory = null;
    }
}

/// <summary>Sets every element.</summary>
internal struct Fill<T> : IElement
    where T : unmanaged
{
    public ArrayView<T> Target;
    public T Value;

    public readonly void At(int i) => Target[i] = Value;
}
