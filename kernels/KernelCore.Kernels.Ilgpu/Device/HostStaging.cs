using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace KernelCore.Kernels.Ilgpu;

/// <summary>
/// Transfers by way of a block of host memory that is locked: a GPU reads and writes it by itself at full speed, and no
/// garbage collection moves it meanwhile.
/// </summary>
internal sealed class HostStaging(Accelerator accelerator) : IDisposable
{
    private const int Size = 8 << 20, Alignment = 256;

    private PageLockedArray1D<byte>? _memory;
    private int _used;

    private AcceleratorStream Stream => accelerator.DefaultStream;

    private PageLockedArray1D<byte> Memory => _memory ??= accelerator.AllocatePageLocked1D<byte>(Size);

    /// <summary>Copies to the device in the order of its stream; the source may be reused at once. Waits only when the block is full.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, ArrayView<T> target)
        where T : unmanaged
    {
        for (int done = 0; done < source.Length;)
        {
            int count = Math.Min(source.Length - done, (Size - _used) / Interop.SizeOf<T>());
            if (count == 0)
            {
                Synchronize();
                continue;
            }

            Span<T> host = Host<T>(_used, count);
            source.Slice(done, count).CopyTo(host);
            target.SubView(done, count).CopyFromCPUUnsafeAsync(Stream, ref MemoryMarshal.GetReference(host), count);
            _used += (((count * Interop.SizeOf<T>()) - 1) / Alignment * Alignment) + Alignment;
            done += count;
        }
    }

    /// <summary>Waits for the work so far and copies its results to the host.</summary>
    public void Download<T>(ArrayView<T> source, Span<T> destination)
        where T : unmanaged
    {
        Synchronize();
        for (int done = 0; done < destination.Length;)
        {
            int count = Math.Min(destination.Length - done, Size / Interop.SizeOf<T>());
            Span<T> host = Host<T>(0, count);
            source.SubView(done, count).CopyToCPUUnsafeAsync(Stream, ref MemoryMarshal.GetReference(host), count);
            Stream.Synchronize();
            host.CopyTo(destination[done..]);
            done += count;
        }
    }

    public void Dispose() => _memory?.Dispose();

    /// <summary>After this nothing is under way, and the whole block is free.</summary>
    private void Synchronize()
    {
        Stream.Synchronize();
        _used = 0;
    }

    private Span<T> Host<T>(int start, int count)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Memory.Span.Slice(start, count * Interop.SizeOf<T>()));
}
