using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KernelCore.Kernels;

namespace KernelCore.Torch;

/// <summary>The memory of a contiguous torch tensor on the host, as kernels see it: nothing is copied.</summary>
/// <typeparam name="T">Element type, the same as the tensor's.</typeparam>
internal sealed unsafe class TorchBuffer<T> : DeviceBuffer<T>
    where T : unmanaged
{
    private readonly Device _device;
    private T* _memory;

    /// <summary>Takes a tensor over; it is disposed with the buffer.</summary>
    public TorchBuffer(TorchTensor tensor, Device device)
    {
        _device = device;
        Source = tensor;
        Length = tensor.NumberOfElements;
        _memory = HostMemory.Of<T>(tensor);
    }

    /// <summary>The tensor that holds the memory.</summary>
    public TorchTensor Source { get; }

    public override long Length { get; }

    public override Device Device => _device;

    public override Span<T> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(Source.IsInvalid, this);
            return new Span<T>(_memory, checked((int)Length));
        }
    }

    public override void CopyFrom(long offset, ReadOnlySpan<T> source) => source.CopyTo(Span[(int)offset..]);

    public override void CopyTo(long offset, Span<T> destination) => Span.Slice((int)offset, destination.Length).CopyTo(destination);

    public override void Fill(long offset, long count, T value) => Span.Slice((int)offset, (int)count).Fill(value);

    protected override void Dispose(bool disposing)
    {
        _memory = null;
        if (disposing)
        {
            Source.Dispose();
        }
    }
}

/// <summary>Addresses of torch tensors in host memory.</summary>
internal static unsafe class HostMemory
{
    /// <summary>First element of a contiguous host tensor.</summary>
    public static T* Of<T>(TorchTensor tensor)
        where T : unmanaged
    {
        if (tensor.NumberOfElements * tensor.ElementSize <= int.MaxValue)
        {
            return (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));
        }

        // TorchSharp hands out at most 2 GB at a time; the first element's address is enough.
        using TorchTensor flat = tensor.view(-1), first = flat.narrow(0, 0, 1);
        return (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(first.bytes));
    }
}
