using System.Runtime.InteropServices;

namespace KernelCore.Kernels.Cpu;

/// <summary>64-byte aligned, zero-filled host memory outside the managed heap.</summary>
internal sealed unsafe class CpuBuffer<T> : DeviceBuffer<T>
    where T : unmanaged
{
    private const nuint Alignment = 64;
    private readonly CpuDevice _device;
    private T* _memory;

    public CpuBuffer(CpuDevice device, long length)
    {
        if (length > int.MaxValue)
        {
            throw new KernelCoreException($"a CPU tensor holds at most {int.MaxValue} elements, got {length}");
        }

        _device = device;
        Length = length;
        nuint bytes = (nuint)Math.Max(1, length) * (nuint)sizeof(T);
        _memory = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_memory, bytes);
    }

    ~CpuBuffer() => Dispose(false);

    public override long Length { get; }

    public override Device Device => _device;

    public override Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory == null, this);
            return new Span<T>(_memory, (int)Length);
        }
    }

    public override void CopyFrom(long offset, ReadOnlySpan<T> source) => source.CopyTo(Span[(int)offset..]);

    public override void CopyTo(long offset, Span<T> destination) => Span.Slice((int)offset, destination.Length).CopyTo(destination);

    public override void Fill(long offset, long count, T value) => Span.Slice((int)offset, (int)count).Fill(value);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            NativeMemory.AlignedFree(_memory);
        }
        else if (_memory != null)
        {
            _device.Abandon((nint)_memory);
        }

        _memory = null;
    }
}
